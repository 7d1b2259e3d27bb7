import type { Audio } from "@twelvehz/codec";
import { isComparable, rms } from "./pair.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "./measure.ts";

/**
 * How much louder the degraded clip is than the reference, by RMS over the whole clip.
 * @returns dB; `-Infinity` when the degraded clip is all zeros; undefined when the clips are
 * shorter than 0.5 s or the reference is silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function levelDifference(reference: Audio, degraded: Audio): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  return 20 * Math.log10(rms(degraded.samples) / rms(reference.samples));
}

/** {@link levelDifference} as a measure. */
export const LEVEL: MeasureFamily = singleMeasure(
  measureInfo({
    id: "level",
    label: "Level",
    unit: "dB",
    better: "zero",
    decimals: 1,
    description: "How much louder the clip became (RMS)",
  }),
  levelDifference,
);
