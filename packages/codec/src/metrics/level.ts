import type { Audio } from "../audio.ts";
import { isComparable, rms } from "./pair.ts";

/**
 * How much louder the degraded clip is than the reference, by RMS over the whole clip.
 * @returns dB; `-Infinity` when the degraded clip is all zeros; undefined when the clips are shorter than 0.5 s or the reference is silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function levelDifference(reference: Audio, degraded: Audio): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  return 20 * Math.log10(rms(degraded.samples) / rms(reference.samples));
}
