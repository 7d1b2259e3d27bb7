/**
 * Phases of a magnitude spectrum from its own slopes: real-time phase gradient heap integration
 * (Prusa and Sondergaard 2016, "Real-time spectrogram inversion using phase gradient heap
 * integration", algorithm 2).
 *
 * For a Gaussian window the phase's slope over time follows from the log magnitude's slope over
 * frequency and the other way round (equations 8 and 9 there). Phases are carried from the step
 * before and from bin to bin, loudest first. Phases are radians, seen from the window's centre.
 *
 * At a near tie a rounding difference would send the phases of a whole region another way. So
 * "loudest" does not go by the magnitudes, which differ in their last digits between backends, but
 * by a priority: an estimate in whole numbers, which is the same everywhere
 * (docs/decisions/phase-order.md).
 */
import { BINS, HOP, WINDOW_SIZE } from "./frames.ts";

/**
 * Time-frequency ratio of the Gaussian nearest to a Hann window of this length (Prusa, Balazs and
 * Sondergaard 2017, table I).
 */
const GAMMA = 0.25645 * WINDOW_SIZE * WINDOW_SIZE;
/** Keeps logarithms finite. */
const TINY = 1e-10;

/** Priorities of bands are whole numbers, so many to a neper. */
export const PRIORITY_UNITS = 1024;
/** Those of bins, which lie between two bands, are so many times finer. */
export const BIN_UNITS = 256;
/** Below every priority. */
const NO_WAY = -(2 ** 31);

/**
 * Fixed pseudo-random angles in radians for step `step`, written to `out` `[481]`: for what is too
 * weak to matter. The mixer is the 32-bit finalizer of MurmurHash3.
 */
export function randomPhases(step: number, out: Float64Array): void {
  const first = (step * BINS) >>> 0;
  for (let k = 0; k < BINS; k++) {
    let h = Math.imul(first + k, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    out[k] = (2 * Math.PI * ((h ^ (h >>> 16)) >>> 0)) / 2 ** 32;
  }
}

function largest(x: Int32Array): number {
  let max = x[0];
  for (let i = 1; i < x.length; i++) if (x[i] > max) max = x[i];
  return max;
}

/**
 * What {@link PhaseGradient} remembers: the count of steps, priorities of the newest two, log
 * magnitudes of the newest three, newest first.
 */
export interface PhaseGradientState {
  readonly step: number;
  readonly priorities: readonly Int32Array[];
  readonly logs: readonly Float64Array[];
}

/** Gives each spectrum step its phases, one step at a time. Keeps the two steps before. */
export class PhaseGradient {
  readonly #logTolerance: number;
  readonly #todo = new Uint8Array(BINS);
  readonly #fromBelow = new Int32Array(BINS);
  readonly #fromAbove = new Int32Array(BINS);
  /**
   * Priorities of the newest two steps, and log magnitudes of the newest three, newest first; the
   * arrays rotate.
   */
  #priority = new Int32Array(BINS);
  #priorityBefore = new Int32Array(BINS);
  #logs: Float64Array[] = [new Float64Array(BINS), new Float64Array(BINS), new Float64Array(BINS)];
  readonly #perBin = new Float64Array(BINS);
  #step = 0;

  /**
   * @param tolerance bins that are estimated to be weaker than this share of the loudest of this
   * and the step before get random phases, 0 to 1
   */
  constructor(tolerance: number) {
    this.#logTolerance = Math.trunc(Math.log(tolerance) * PRIORITY_UNITS) * BIN_UNITS;
  }

  /** A copy of what is remembered. */
  get state(): PhaseGradientState {
    return {
      step: this.#step,
      priorities: [this.#priority.slice(), this.#priorityBefore.slice()],
      logs: this.#logs.map((log) => log.slice()),
    };
  }

  set state({ step, priorities, logs }: PhaseGradientState) {
    this.#step = step;
    this.#priority.set(priorities[0]);
    this.#priorityBefore.set(priorities[1]);
    this.#logs.forEach((log, i) => log.set(logs[i]));
  }

  /** As before the first step. */
  reset(): void {
    this.#step = 0;
  }

  /**
   * @param magnitudes of the new step, `[481]`; copied
   * @param priority estimates of log(magnitude + floor), times {@link PRIORITY_UNITS} and
   * {@link BIN_UNITS}, which decide what goes first, `[481]`; copied
   * @param before phases of the step before, `[481]`; not read at the first step
   * @param out receives the phases of the new step, `[481]`; may not be `before`
   */
  next(magnitudes: Float64Array, priority: Int32Array, before: Float64Array, out: Float64Array): void {
    this.#take(magnitudes, priority);
    randomPhases(this.#step, out);
    if (this.#step > 0) this.#integrate(before, out);
    this.#step++;
  }

  #take(magnitudes: Float64Array, priority: Int32Array): void {
    [this.#priority, this.#priorityBefore] = [this.#priorityBefore, this.#priority];
    this.#priority.set(priority);
    const [newest, middle, oldest] = this.#logs;
    this.#logs = [oldest, newest, middle];
    for (let k = 0; k < BINS; k++) oldest[k] = Math.log(magnitudes[k] + TINY);
  }

  /** Marks what is loud enough. */
  #markLoud(): void {
    const limit = this.#logTolerance + Math.max(largest(this.#priority), largest(this.#priorityBefore));
    for (let k = 0; k < BINS; k++) this.#todo[k] = this.#priority[k] > limit ? 1 : 0;
  }

  /**
   * Advance of the phase from bin to bin, from the slope over time (one-sided differences, second
   * order from the third step on).
   */
  #fillPerBin(): void {
    const [now, before, older] = this.#logs;
    const factor = -GAMMA / (HOP * WINDOW_SIZE);
    for (let k = 0; k < BINS; k++) {
      const slope = this.#step > 1 ? (3 * now[k] - 4 * before[k] + older[k]) / 2 : now[k] - before[k];
      this.#perBin[k] = factor * slope;
    }
  }

  /**
   * Advance of the phase of bin k from the step before to this one, from the slopes over frequency
   * of both.
   */
  #advance(k: number): number {
    const up = k === BINS - 1 ? k - 1 : k + 1;
    const down = k === 0 ? 1 : k - 1;
    const [now, before] = this.#logs;
    const slope = (before[up] - before[down] + now[up] - now[down]) / 4;
    return ((HOP * WINDOW_SIZE) / GAMMA) * slope + (2 * Math.PI * HOP * k) / WINDOW_SIZE;
  }

  /**
   * No heap is needed. One that always goes on from the known bin of the highest priority reaches
   * each bin by the way whose lowest priority is highest. Bins lie in a row, and each can be
   * reached from the step before, from below and from above; two passes over the row tell the best
   * of these three ways, and two more walk them. On a tie the step before, then below.
   */
  #integrate(before: Float64Array, phases: Float64Array): void {
    this.#markLoud();
    this.#fillPerBin();
    this.#findWays();
    const [todo, below, above, perBin] = [this.#todo, this.#fromBelow, this.#fromAbove, this.#perBin];
    for (let k = 0; k < BINS; k++) {
      if (!todo[k]) continue;
      if (this.#priorityBefore[k] >= Math.max(below[k], above[k])) phases[k] = before[k] + this.#advance(k);
      else if (below[k] >= above[k]) phases[k] = phases[k - 1] + (perBin[k - 1] + perBin[k]) / 2;
    }
    for (let k = BINS - 2; k >= 0; k--) {
      if (todo[k] && above[k] > Math.max(below[k], this.#priorityBefore[k])) phases[k] = phases[k + 1] - (perBin[k + 1] + perBin[k]) / 2;
    }
  }

  /** The lowest priority on the best way to each bin through its neighbour below and above. */
  #findWays(): void {
    const [below, above] = [this.#fromBelow, this.#fromAbove];
    below[0] = above[BINS - 1] = NO_WAY;
    for (let k = 1; k < BINS; k++) below[k] = this.#through(k - 1, below);
    for (let k = BINS - 2; k >= 0; k--) above[k] = this.#through(k + 1, above);
  }

  /** The same of what bin k passes on, which came to it from the step before or by `way`. */
  #through(k: number, way: Int32Array): number {
    return this.#todo[k] ? Math.min(this.#priority[k], Math.max(this.#priorityBefore[k], way[k])) : NO_WAY;
  }
}
