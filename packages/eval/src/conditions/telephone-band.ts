import type { Condition } from "../condition.ts";
import { filterByGain, type GainCurve } from "./magnitude-filter.ts";

/**
 * What a telephone line passes. The knees lie outside of 300 and 3400 Hz, where the filter, which
 * rounds them off, is to be 3 dB down at most.
 */
const TELEPHONE: GainCurve = [
  [200, -70],
  [290, 0],
  [3450, 0],
  [3800, -70],
];

/**
 * The band of a telephone, 300 to 3400 Hz, at most 3 dB down at its ends. The rate stays, and so do
 * phases.
 */
export function telephoneBand(): Condition {
  return { name: "telephone band", apply: (clip) => filterByGain(clip, TELEPHONE) };
}
