/**
 * Phases of a magnitude spectrum from its own slopes: real-time phase gradient heap integration
 * (Prusa and Sondergaard 2016, "Real-time spectrogram inversion using phase gradient heap integration", algorithm 2).
 *
 * For a Gaussian window the phase's slope over time follows from the log magnitude's slope over frequency and the other way round
 * (equations 8 and 9 there). Phases are carried from the step before and from bin to bin, loudest first. Phases are radians, seen from the window's centre.
 */
import { BINS, HOP, WINDOW_SIZE } from "./frames.ts";

/** Time-frequency ratio of the Gaussian nearest to a Hann window of this length (Prusa, Balazs and Sondergaard 2017, table I). */
const GAMMA = 0.25645 * WINDOW_SIZE * WINDOW_SIZE;
/** Keeps logarithms finite. */
const TINY = 1e-10;

/** Binary max-heap of small integers ordered by key, the lower integer first on a tie. */
class LoudestFirst {
  readonly #keys: Float64Array;
  readonly #heap: Int16Array;
  #size = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
    this.#heap = new Int16Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#keys[a] - this.#keys[b];
    return difference > 0 || (difference === 0 && a < b);
  }

  push(item: number, key: number): void {
    this.#keys[item] = key;
    const heap = this.#heap;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(item, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  pop(): number {
    const heap = this.#heap;
    const top = heap[0];
    const item = heap[--this.#size];
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], item)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
    return top;
  }
}

/** Fixed pseudo-random angles in radians for step `step`, written to `out` `[481]`: for what is too weak to matter. The mixer is the 32-bit finalizer of MurmurHash3. */
export function randomPhases(step: number, out: Float64Array): void {
  const first = (step * BINS) >>> 0;
  for (let k = 0; k < BINS; k++) {
    let h = Math.imul(first + k, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    out[k] = (2 * Math.PI * ((h ^ (h >>> 16)) >>> 0)) / 2 ** 32;
  }
}

function largest(x: Float64Array): number {
  let max = x[0];
  for (let i = 1; i < x.length; i++) if (x[i] > max) max = x[i];
  return max;
}

/** Gives each spectrum step its phases, one step at a time. Keeps the two steps before. */
export class PhaseGradient {
  readonly #tolerance: number;
  readonly #heap = new LoudestFirst(2 * BINS);
  readonly #todo = new Uint8Array(BINS);
  /** Magnitudes of the newest step, and log magnitudes of the newest three, newest first; the arrays rotate. */
  #magnitudes = new Float64Array(BINS);
  #magnitudesBefore = new Float64Array(BINS);
  #logs: Float64Array[] = [new Float64Array(BINS), new Float64Array(BINS), new Float64Array(BINS)];
  readonly #perBin = new Float64Array(BINS);
  #step = 0;

  /** @param tolerance bins weaker than this share of the loudest of this and the step before get random phases, 0 to 1 */
  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  /** As before the first step. */
  reset(): void {
    this.#step = 0;
  }

  /**
   * @param magnitudes of the new step, `[481]`; copied
   * @param before phases of the step before, `[481]`; not read at the first step
   * @param out receives the phases of the new step, `[481]`; may not be `before`
   */
  next(magnitudes: Float64Array, before: Float64Array, out: Float64Array): void {
    this.#take(magnitudes);
    randomPhases(this.#step, out);
    if (this.#step > 0) this.#integrate(before, out);
    this.#step++;
  }

  #take(magnitudes: Float64Array): void {
    [this.#magnitudes, this.#magnitudesBefore] = [this.#magnitudesBefore, this.#magnitudes];
    this.#magnitudes.set(magnitudes);
    const [newest, middle, oldest] = this.#logs;
    this.#logs = [oldest, newest, middle];
    for (let k = 0; k < BINS; k++) oldest[k] = Math.log(magnitudes[k] + TINY);
  }

  /** Marks what is loud enough, and returns how many bins that are. */
  #markLoud(): number {
    const limit = this.#tolerance * Math.max(largest(this.#magnitudes), largest(this.#magnitudesBefore));
    let count = 0;
    for (let k = 0; k < BINS; k++) count += this.#todo[k] = this.#magnitudes[k] > limit ? 1 : 0;
    return count;
  }

  /** Advance of the phase from bin to bin, from the slope over time (one-sided differences, second order from the third step on). */
  #fillPerBin(): void {
    const [now, before, older] = this.#logs;
    const factor = -GAMMA / (HOP * WINDOW_SIZE);
    for (let k = 0; k < BINS; k++) {
      const slope = this.#step > 1 ? (3 * now[k] - 4 * before[k] + older[k]) / 2 : now[k] - before[k];
      this.#perBin[k] = factor * slope;
    }
  }

  /** Advance of the phase of bin k from the step before to this one, from the slopes over frequency of both. */
  #advance(k: number): number {
    const up = k === BINS - 1 ? k - 1 : k + 1;
    const down = k === 0 ? 1 : k - 1;
    const [now, before] = this.#logs;
    const slope = (before[up] - before[down] + now[up] - now[down]) / 4;
    return ((HOP * WINDOW_SIZE) / GAMMA) * slope + (2 * Math.PI * HOP * k) / WINDOW_SIZE;
  }

  /** Heap items: k = bin k of the step before, BINS + k = bin k of this step. */
  #integrate(before: Float64Array, phases: Float64Array): void {
    let left = this.#markLoud();
    this.#fillPerBin();
    this.#heap.clear();
    for (let k = 0; k < BINS; k++) if (this.#todo[k]) this.#heap.push(k, this.#magnitudesBefore[k]);
    while (left > 0) {
      if (this.#heap.size === 0) {
        left -= this.#settle(this.#loudestLeft());
        continue;
      }
      const item = this.#heap.pop();
      if (item < BINS) {
        if (!this.#todo[item]) continue;
        phases[item] = before[item] + this.#advance(item);
        left -= this.#settle(item);
      } else {
        left -= this.#spread(item - BINS, 1, phases) + this.#spread(item - BINS, -1, phases);
      }
    }
  }

  /** Carries the phase of bin k to its neighbour, where that has none yet. Returns how many bins were settled. */
  #spread(k: number, direction: 1 | -1, phases: Float64Array): number {
    const to = k + direction;
    if (to < 0 || to >= BINS || !this.#todo[to]) return 0;
    phases[to] = phases[k] + (direction * (this.#perBin[k] + this.#perBin[to])) / 2;
    return this.#settle(to);
  }

  #settle(k: number): number {
    this.#todo[k] = 0;
    this.#heap.push(BINS + k, this.#magnitudes[k]);
    return 1;
  }

  /** The seed of an island that nothing reaches; it keeps its random phase. */
  #loudestLeft(): number {
    let best = -1;
    for (let k = 0; k < BINS; k++) if (this.#todo[k] && (best === -1 || this.#magnitudes[k] > this.#magnitudes[best])) best = k;
    return best;
  }
}
