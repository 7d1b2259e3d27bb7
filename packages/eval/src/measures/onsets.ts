import type { Audio } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { hann, powerSpectrogram } from "./spectrogram.ts";
import { type MeasureFamily, measureInfo, percentOf } from "./measure.ts";

/**
 * Onsets are looked for above this, Hz: bursts of plosives are, hum and the tail of vowels are not.
 */
const LOWEST = 1500;
/** Length of a frame and time from one to the next, seconds. */
const WINDOW_SECONDS = 0.008;
const HOP_SECONDS = 0.004;
/**
 * A rise is counted from the mean of this many frames, before, to the loudest of as many, after.
 */
const REACH = 5;
/** Rises of the reference by this are onsets, dB. */
const ONSET_DB = 15;
/** Peaks this far below the reference's loudest frame are no onsets, dB. */
const RANGE_DB = 45;
/** Powers are raised to this far below the reference's loudest frame, dB. */
const FLOOR_DB = 60;
/** An onset that keeps less than this part of its rise, in dB, is lost. */
const LOST = 0.5;

/** What a codec left of onsets. */
export interface OnsetLoss {
  /** Onsets in the reference. */
  readonly onsets: number;
  /**
   * Mean loss of their rise, dB; a rise that grew counts as no loss. Undefined when there is no
   * onset.
   */
  readonly lossDb: number | undefined;
  /**
   * Share of the onsets that lost more than half of their rise, 0 to 1; undefined when there is no
   * onset.
   */
  readonly lostShare: number | undefined;
}

/**
 * Loss of onsets, such as the bursts of plosives, above 1.5 kHz: how much less the level rises at
 * the places where that of the reference rises by 15 dB or more within 20 ms. A measure of this
 * library's own. The clips must be aligned to a few milliseconds.
 * @returns undefined when the clips are shorter than 0.5 s, the reference is silence, or the rate
 * is below 8000 Hz
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function onsetLoss(reference: Audio, degraded: Audio): OnsetLoss | undefined {
  if (!isComparable(reference, degraded) || reference.sampleRate < 8000) return undefined;
  const [x, y] = [highPowers(reference), highPowers(degraded)];
  const loudest = x.reduce((a, b) => Math.max(a, b), 0);
  const [rises, kept] = [risesOf(x, loudest), risesOf(y, loudest)];
  const places = onsetsIn(rises, x, loudest * 10 ** (-RANGE_DB / 10));
  const losses = places.map((t) => Math.max(0, rises[t] - largestNear(kept, t)));
  const lost = places.filter((t, i) => losses[i] > (1 - LOST) * rises[t]);
  if (places.length === 0) return { onsets: 0, lossDb: undefined, lostShare: undefined };
  return {
    onsets: places.length,
    lossDb: losses.reduce((sum, loss) => sum + loss, 0) / places.length,
    lostShare: lost.length / places.length,
  };
}

function highPowers({ samples, sampleRate }: Audio): number[] {
  const length = Math.round(WINDOW_SECONDS * sampleRate);
  const size = 2 ** Math.ceil(Math.log2(length));
  const spectra = powerSpectrogram(samples, { hop: Math.round(HOP_SECONDS * sampleRate), size, window: hann(length) });
  const from = Math.ceil((LOWEST * size) / sampleRate);
  return spectra.map((powers) => powers.subarray(from).reduce((sum, power) => sum + power, 0));
}

/**
 * Rise of the level at every frame, dB: the loudest of the frames from it on against the mean of
 * those before it.
 */
function risesOf(powers: readonly number[], loudest: number): number[] {
  const floor = loudest * 10 ** (-FLOOR_DB / 10) + Number.MIN_VALUE;
  return powers.map((_, t) => {
    const before = powers.slice(Math.max(0, t - REACH), t);
    if (before.length < REACH) return 0;
    const mean = before.reduce((sum, power) => sum + power, 0) / before.length;
    const peak = powers.slice(t, t + REACH).reduce((a, b) => Math.max(a, b), 0);
    return 10 * Math.log10(Math.max(peak, floor) / Math.max(mean, floor));
  });
}

/** Frames whose rise is the largest within reach, the first where several are equal. */
function onsetsIn(rises: readonly number[], powers: readonly number[], quiet: number): number[] {
  const isLargest = (t: number): boolean => {
    const [before, after] = [rises.slice(Math.max(0, t - REACH), t), rises.slice(t + 1, t + REACH + 1)];
    return before.every((rise) => rise < rises[t]) && after.every((rise) => rise <= rises[t]);
  };
  const isLoud = (t: number): boolean => powers.slice(t, t + REACH).some((power) => power > quiet);
  return rises.flatMap((rise, t) => (rise >= ONSET_DB && isLoud(t) && isLargest(t) ? [t] : []));
}

/** Within two frames: a codec may move an onset by a few milliseconds. */
function largestNear(rises: readonly number[], at: number): number {
  return rises.slice(Math.max(0, at - 2), at + 3).reduce((a, b) => Math.max(a, b), -Infinity);
}

/** {@link onsetLoss} as measures. */
export const ONSETS: MeasureFamily = {
  measures: [
    measureInfo({
      id: "onsetLoss",
      label: "Onset loss",
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: "How much less the level rises at onsets, such as the bursts of plosives",
    }),
    measureInfo({
      id: "onsetsLost",
      label: "Onsets lost",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Onsets that lost more than half of their rise",
    }),
  ],
  compute(reference, degraded) {
    const found = onsetLoss(reference, degraded);
    return { onsetLoss: found?.lossDb, onsetsLost: percentOf(found?.lostShare) };
  },
};
