import type { Audio } from "@twelvehz/codec";
import { powerOfTwoFrom } from "./fourier.ts";
import { isComparable } from "./pair.ts";
import { hann, powerSpectrogram } from "./spectrogram.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "./measure.ts";

const WINDOW_SECONDS = 0.032;
const HOP_SECONDS = 0.01;
const MEL_BANDS = 40;
/** Cepstral coefficients 1 to 13; 0 is the level and is left out. */
const COEFFICIENTS = 13;
/** Highest frequency of the filters, Hz, or half the rate where that is lower. */
const HIGHEST = 8000;
/** Powers are raised to this far below the loudest band of the reference, dB. */
const FLOOR_DB = -80;

/**
 * Mel-cepstral distance, dB: `10 / ln 10 * sqrt(2 * sum of the squared differences of coefficients
 * 1 to 13)`, averaged over frames of 32 ms (equation 1 of Kubichek, "Mel-cepstral distance measure
 * for objective speech quality assessment", IEEE PACRIM 1993). The cepstra are DCTs of the natural
 * logs of the amplitudes in 40 triangular mel bands from 0 to 8 kHz, so values compare with each
 * other and not with those of other definitions. Frames are compared in place, without time
 * warping.
 * @returns 0 for equal clips; undefined when the clips are shorter than 0.5 s or the reference is
 * silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function melCepstralDistance(reference: Audio, degraded: Audio): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [melPowers(reference), melPowers(degraded)];
  const loudest = x.reduce((max, frame) => frame.reduce((a, b) => Math.max(a, b), max), 0);
  const floor = loudest * 10 ** (FLOOR_DB / 10);
  const total = x.reduce((sum, frame, t) => sum + cepstralDistance(frame, y[t], floor), 0);
  return total / x.length;
}

/** The DCT is linear: the difference of cepstra is the DCT of the difference of logs. */
function cepstralDistance(x: Float64Array, y: Float64Array, floor: number): number {
  const logs = x.map((power, band) => 0.5 * Math.log(Math.max(power, floor) / Math.max(y[band], floor)));
  let sum = 0;
  for (let d = 0; d < COEFFICIENTS; d++) {
    let c = 0;
    for (let band = 0; band < MEL_BANDS; band++) c += logs[band] * DCT[d * MEL_BANDS + band];
    sum += c * c;
  }
  return (10 / Math.LN10) * Math.sqrt(2 * sum);
}

/** Rows 1 to 13 of the orthonormal DCT-II, `[13, 40]`. */
const DCT = Float64Array.from(
  { length: COEFFICIENTS * MEL_BANDS },
  (_, i) => Math.sqrt(2 / MEL_BANDS) * Math.cos((Math.PI * (Math.floor(i / MEL_BANDS) + 1) * ((i % MEL_BANDS) + 0.5)) / MEL_BANDS),
);

/** Powers in the mel bands, one `[40]` for every frame. */
function melPowers({ samples, sampleRate }: Audio): Float64Array[] {
  const length = Math.round(WINDOW_SECONDS * sampleRate);
  const size = powerOfTwoFrom(length);
  const filters = melFilters(size, sampleRate);
  const spectra = powerSpectrogram(samples, { hop: Math.round(HOP_SECONDS * sampleRate), size, window: hann(length) });
  return spectra.map((powers) =>
    Float64Array.from(filters, ({ from, weights }) => weights.reduce((sum, weight, i) => sum + weight * powers[from + i], 0)),
  );
}

interface MelFilter {
  /** First bin. */
  readonly from: number;
  readonly weights: Float64Array;
}

/**
 * Triangles with equal widths in mel, `2595 * log10(1 + f / 700)`: O'Shaughnessy, "Speech
 * Communication", 1987.
 */
function melFilters(size: number, sampleRate: number): MelFilter[] {
  const top = 2595 * Math.log10(1 + Math.min(HIGHEST, sampleRate / 2) / 700);
  const edges = Array.from({ length: MEL_BANDS + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((top * i) / (MEL_BANDS + 1) / 2595) - 1);
    return (hertz * size) / sampleRate;
  });
  return Array.from({ length: MEL_BANDS }, (_, band) => triangle(edges[band], edges[band + 1], edges[band + 2]));
}

/** Where no bin lies under a triangle, the bin next to its centre is taken. */
function triangle(low: number, centre: number, high: number): MelFilter {
  const [from, to] = [Math.ceil(low), Math.floor(high)];
  const weights = Float64Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => {
    const bin = from + i;
    return Math.max(0, Math.min((bin - low) / (centre - low), (high - bin) / (high - centre)));
  });
  const isEmpty = weights.every((w) => w === 0);
  return isEmpty ? { from: Math.round(centre), weights: Float64Array.of(1) } : { from, weights };
}

/** {@link melCepstralDistance} as a measure. */
export const MEL_CEPSTRAL: MeasureFamily = singleMeasure(
  measureInfo({
    id: "melCepstral",
    label: "Mel cepstrum",
    unit: "dB",
    better: "lower",
    decimals: 2,
    main: true,
    description: "Distance of the spectral envelopes on the mel scale: Kubichek, 1993",
  }),
  melCepstralDistance,
);
