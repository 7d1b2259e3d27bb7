import { joinFloats } from "../bytes/join.ts";
import type { StatefulSession, TensorMap } from "./session.ts";

/** Frames `start` to `end - 1`. */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

/** Input of a network for some frames of an endless test clip. */
export type TrialInput = (frames: FrameRange) => TensorMap;

/**
 * Finds out whether a backend gives a frame the same bits however many frames it computes at once,
 * which exact streaming in groups rests on. Runs `group` frames at once, and the same frames as a
 * large group and two single ones, and compares every float of every output. (Backends choose their
 * kernels by shape, not by value, so one input tells.)
 */
export async function rowsAreExact(network: StatefulSession, input: TrialInput, group: number): Promise<boolean> {
  const whole = floatsOf([await network.run(input({ start: 0, end: group }))]);
  network.reset();
  const parts: TensorMap[] = [];
  for (const [start, end] of [
    [0, group - 2],
    [group - 2, group - 1],
    [group - 1, group],
  ]) {
    parts.push(await network.run(input({ start, end })));
  }
  const pieces = floatsOf(parts);
  return Object.entries(whole).every(([name, values]) => values.every((value, i) => Object.is(value, pieces[name][i])));
}

/** All float outputs of some runs, one after another; of the state only what the last run left. */
function floatsOf(runs: readonly TensorMap[]): Record<string, Float32Array> {
  const out: Record<string, Float32Array> = {};
  for (const run of runs) {
    for (const [name, { data }] of Object.entries(run)) {
      if (!(data instanceof Float32Array)) continue;
      const before = name.startsWith("state") ? undefined : out[name];
      out[name] = before ? joinFloats([before, data]) : data;
    }
  }
  return out;
}
