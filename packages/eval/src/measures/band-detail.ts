import type { Audio } from "@twelvehz/codec";
import { powerOfTwoFrom } from "./fourier.ts";
import { isComparable } from "./pair.ts";
import { hann, powerSpectrogram } from "./spectrogram.ts";
import { type MeasureFamily, measureInfo } from "./measure.ts";

/**
 * Edges of the bands, Hz: hum and the lowest fundamentals; voiced speech; consonants; sibilants;
 * air.
 */
const EDGES = [0, 200, 2000, 6000, 8000, 12_000] as const;
const WINDOW_SECONDS = 0.032;
const HOP_SECONDS = 0.016;
/** Frames of a band count where the reference is within this of the band's loudest frame, dB. */
const RANGE_DB = 40;
/**
 * What of the degraded clip is further below the band's loudest frame is raised to there, dB: a
 * band that is cut off has a bounded error.
 */
const FLOOR_DB = 60;
/**
 * A band of the reference that is this far below its whole power, dB, is empty: rounding to 16 bits
 * has such powers.
 */
const EMPTY_DB = 80;

/** What became of the energy of one band. */
export interface BandDetail {
  /** Lower edge, Hz. */
  readonly from: number;
  /** Upper edge, Hz. */
  readonly to: number;
  /**
   * Mean over the frames of the absolute difference of the band's energy, dB, 0 to 100; undefined
   * when the reference has nothing in the band.
   */
  readonly errorDb: number | undefined;
  /**
   * Energy of the degraded clip in the band against that of the reference over the whole clip, dB,
   * -60 at least; undefined as `errorDb`.
   */
  readonly gainDb: number | undefined;
}

/**
 * Error of the energy in the bands 0 to 200, 200 to 2000, 2000 to 6000, 6000 to 8000 and 8000 to
 * 12000 Hz, in frames of 32 ms. Bands that do not lie wholly below half the rate are left out. A
 * measure of this library's own; the floor is 60 dB below the band's loudest frame.
 * @returns one entry for each band; undefined when the clips are shorter than 0.5 s or the
 * reference is silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function bandDetail(reference: Audio, degraded: Audio): BandDetail[] | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [spectraOf(reference), spectraOf(degraded)];
  const binWidth = reference.sampleRate / (2 * (x[0].length - 1));
  const empty = (x.reduce((sum, frame) => sum + sumOf(frame), 0) / x.length) * 10 ** (-EMPTY_DB / 10);
  const bands = EDGES.slice(1).map((to, i) => ({ from: EDGES[i], to }));
  return bands
    .filter(({ to }) => to <= reference.sampleRate / 2)
    .map(({ from, to }) => {
      const energies = (spectra: Float64Array[]): number[] =>
        spectra.map((powers) => sumOf(powers.subarray(Math.ceil(from / binWidth), Math.ceil(to / binWidth))));
      return { from, to, ...compare(energies(x), energies(y), empty) };
    });
}

function compare(x: readonly number[], y: readonly number[], empty: number): Pick<BandDetail, "errorDb" | "gainDb"> {
  const loudest = x.reduce((a, b) => Math.max(a, b), 0);
  if (loudest <= empty) return { errorDb: undefined, gainDb: undefined };
  const counted = x.map((_, t) => t).filter((t) => x[t] > loudest * 10 ** (-RANGE_DB / 10));
  const floor = loudest * 10 ** (-FLOOR_DB / 10);
  const errors = counted.map((t) => Math.abs(decibels(Math.max(y[t], floor) / x[t])));
  return { errorDb: sumOf(errors) / errors.length, gainDb: Math.max(-FLOOR_DB, decibels(sumOf(y) / sumOf(x))) };
}

function spectraOf({ samples, sampleRate }: Audio): Float64Array[] {
  const length = Math.round(WINDOW_SECONDS * sampleRate);
  return powerSpectrogram(samples, { hop: Math.round(HOP_SECONDS * sampleRate), size: powerOfTwoFrom(length), window: hann(length) });
}

function decibels(powerRatio: number): number {
  return 10 * Math.log10(powerRatio);
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** Ids and names of the bands of {@link bandDetail}. */
const BAND_NAMES = [
  ["0to200", "0-200 Hz"],
  ["200to2000", "200-2000 Hz"],
  ["2000to6000", "2-6 kHz"],
  ["6000to8000", "6-8 kHz"],
  ["8000to12000", "8-12 kHz"],
] as const;

/** {@link bandDetail} as measures. */
export const DETAIL: MeasureFamily = {
  measures: BAND_NAMES.flatMap(([id, name]) => [
    measureInfo({
      id: `detail${id}`,
      label: `Error ${name}`,
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: `Mean error of the energy in ${name}, frame by frame`,
    }),
    measureInfo({
      id: `gain${id}`,
      label: `Level ${name}`,
      unit: "dB",
      better: "zero",
      decimals: 1,
      description: `Energy in ${name} against that of the reference, over the whole clip`,
    }),
  ]),
  compute(reference, degraded) {
    const found = bandDetail(reference, degraded) ?? [];
    return Object.fromEntries(
      found.flatMap(({ from, to, errorDb, gainDb }) => [
        [`detail${from}to${to}`, errorDb],
        [`gain${from}to${to}`, gainDb],
      ]),
    );
  },
};
