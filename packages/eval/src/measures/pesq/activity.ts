// Which steps of 4 ms hold speech: the envelopes of P.862, clause 10.1.3.1, with an adaptive
// threshold.

import type { PaddedSignal } from "./signal.ts";

/** Rounds in which noise is told from speech. */
const ROUNDS = 12;
/** Steps are at least this part of the loudest. */
const SMALLEST_PART = 1e-4;
/** Shorter bursts are no speech, steps. */
const SHORTEST_BURST = 4;
/** Shorter gaps are speech, steps: 200 ms. */
const LONGEST_GAP = 50;
/** Speech this much louder than noise is clean enough to drop weak bursts. */
const CLEAN_RATIO = 1000;
/** A weak burst is one whose mean is below this many thresholds. */
const WEAK = 3;
/** What precedes and follows a burst, farther and nearer, is this part of its edge. */
const SKIRT = [0.1, 0.3] as const;

/** The envelope of a signal, one value for every step of 4 ms. */
export interface Activity {
  /** Power where there is speech, else 0. */
  readonly power: Float64Array;
  /** Log of the power over the threshold, 0 where it is below. */
  readonly log: Float64Array;
}

/** A run of steps from `from` up to, not including, `to`. */
type Run = readonly [from: number, to: number];

/** Finds speech in a signal. */
export function activityOf(signal: PaddedSignal, step: number): Activity {
  const power = stepPowers(signal, step);
  const largest = power.reduce((a, b) => Math.max(a, b), 0);
  const smallest = largest > 0 ? largest * SMALLEST_PART : 1;
  for (let i = 0; i < power.length; i++) power[i] = Math.max(power[i], smallest);
  const { threshold, speech, noise } = splitLevels(power);
  const spoken = power.map((x) => (x > threshold ? 1 : 0));
  spoken[0] = spoken[spoken.length - 1] = 0;
  dropRuns(spoken, ([from, to]) => to - from <= SHORTEST_BURST);
  if (speech >= noise * CLEAN_RATIO) dropRuns(spoken, ([from, to]) => meanOf(power.subarray(from, to)) < WEAK * threshold);
  const isSilent = runsOf(spoken).length === 0;
  const masked = power.map((x, i) => (spoken[i] || (isSilent && i > 0 && i < power.length - 1) ? x : 0));
  joinRuns(masked, spoken, smallest);
  addSkirts(masked);
  const limit = threshold > 0 ? threshold : smallest;
  return { power: masked, log: masked.map((x) => (x <= limit ? 0 : Math.log(x / limit))) };
}

function stepPowers({ samples, length }: PaddedSignal, step: number): Float64Array {
  return Float64Array.from({ length: Math.floor(length / step) }, (_, i) => {
    let sum = 0;
    for (let n = i * step; n < (i + 1) * step; n++) sum += samples[n] * samples[n];
    return sum / step;
  });
}

/**
 * The threshold, and the mean powers above and below it; the threshold is -1 when the two do not
 * differ.
 */
function splitLevels(power: Float64Array): { threshold: number; speech: number; noise: number } {
  let threshold = meanOf(power);
  for (let round = 0; round < ROUNDS; round++) {
    const quiet = power.filter((x) => x <= threshold);
    if (quiet.length === 0) break;
    const mean = meanOf(quiet);
    const deviation = Math.sqrt(meanOf(quiet.map((x) => (x - mean) ** 2)));
    threshold = 1.001 * (mean + 2 * deviation);
  }
  const [loud, quiet] = [power.filter((x) => x > threshold), power.filter((x) => x <= threshold)];
  const [speech, noise] = [meanOf(loud), quiet.length === 0 ? 1 : meanOf(quiet)];
  return { threshold: loud.length === 0 || speech <= noise ? -1 : threshold, speech, noise };
}

/** Runs of steps that are not 0. */
export function runsOf(values: Float64Array): Run[] {
  const runs: Run[] = [];
  for (let i = 0, from = -1; i <= values.length; i++) {
    const isOn = i < values.length && values[i] > 0;
    if (isOn && from < 0) from = i;
    if (isOn || from < 0) continue;
    runs.push([from, i]);
    from = -1;
  }
  return runs;
}

function dropRuns(values: Float64Array, isDropped: (run: Run) => boolean): void {
  for (const run of runsOf(values)) if (isDropped(run)) values.fill(0, ...run);
}

function joinRuns(power: Float64Array, spoken: Float64Array, filling: number): void {
  const runs = runsOf(spoken);
  for (let i = 1; i < runs.length; i++) {
    const [from, to] = [runs[i - 1][1], runs[i][0]];
    if (to - from <= LONGEST_GAP) power.fill(filling, from, to);
  }
}

function addSkirts(power: Float64Array): void {
  for (const [from, to] of runsOf(power)) {
    SKIRT.forEach((part, i) => {
      const [before, after] = [from - SKIRT.length + i, to + SKIRT.length - 1 - i];
      if (before >= 0) power[before] = Math.max(power[before], part * power[from]);
      if (after < power.length) power[after] = Math.max(power[after], part * power[to - 1]);
    });
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length === 0 ? 0 : sum / values.length;
}
