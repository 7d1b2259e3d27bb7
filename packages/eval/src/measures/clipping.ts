import type { Audio } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { type MeasureFamily, measureInfo, percentOf, singleMeasure } from "./measure.ts";

/** Full scale of 16 bits, less one step of rounding. */
const FULL_SCALE = 32_766 / 32_768;

/** Shares of the samples that are at or beyond full scale, 0 to 1. */
export interface Clipping {
  /** Of the reference. */
  readonly reference: number;
  /** Of the degraded clip. */
  readonly degraded: number;
}

/**
 * How much of the two clips is at full scale or beyond, where a sound card or a 16-bit file cuts it
 * off. A measure of this library's own.
 * @returns undefined when the clips are shorter than 0.5 s or the reference is silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function clipping(reference: Audio, degraded: Audio): Clipping | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  return { reference: clippedShare(reference.samples), degraded: clippedShare(degraded.samples) };
}

function clippedShare(samples: Float32Array): number {
  let count = 0;
  for (const x of samples) if (Math.abs(x) >= FULL_SCALE) count++;
  return count / samples.length;
}

/** {@link clipping} as a measure. */
export const CLIPPING: MeasureFamily = singleMeasure(
  measureInfo({
    id: "clipping",
    label: "Clipping",
    unit: "%",
    better: "lower",
    decimals: 3,
    description: "Samples at full scale or beyond",
  }),
  (reference, degraded) => percentOf(clipping(reference, degraded)?.degraded),
);
