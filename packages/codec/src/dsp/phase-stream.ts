/**
 * Sound from magnitudes, online: phases are found inside each codec frame, samples leave as soon as
 * nothing can change them.
 *
 * First guess: {@link PhaseGradient}. Then a few rounds of the fast Griffin-Lim algorithm
 * (Perraudin, Balazs and Sondergaard 2013, algorithm 2) over the new steps and the newest open ones
 * before them; older steps are final. With this guess the search is well behaved: a relative change
 * of 4e-7 in the magnitudes, priorities being equal, changes the sound by about 1e-5. (Guessing
 * from the signal so far instead makes it chaotic.)
 */
import type { RealFft } from "./fft.ts";
import { BINS, HOP, WINDOW, WINDOW_SIZE, WINDOW_SQUARE_SUM } from "./frames.ts";
import { PhaseGradient, type PhaseGradientState } from "./phase-gradient.ts";

/** Settings of the search. */
export interface PhaseSearch {
  /** Rounds of Griffin-Lim. */
  readonly iterations: number;
  /** Newest steps of a push that stay open until the next. */
  readonly openSteps: number;
  /** Momentum, 0 to 1. */
  readonly momentum: number;
  /**
   * Bins that the priority takes for weaker than this share of the loudest get random phases, 0 to
   * 1.
   */
  readonly tolerance: number;
}

/** Final steps whose windows still reach into the first open step. */
const REACH = WINDOW_SIZE / HOP - 1;
/** Least divisor where few windows overlap. */
const SMALLEST_WEIGHT = 0.1;
const TINY = 1e-12;
/**
 * The phase seen from the window's centre against that from its first sample: +1 for even bins, -1
 * for odd ones.
 */
const centreSign = (bin: number): number => (bin % 2 === 0 ? 1 : -1);

/**
 * One open or new step: what its magnitude must be, what it is now, and what the last round's
 * projection was. Arrays are `[481]`.
 */
class Step {
  readonly magnitude = new Float64Array(BINS);
  readonly re = new Float64Array(BINS);
  readonly im = new Float64Array(BINS);
  readonly lastRe = new Float64Array(BINS);
  readonly lastIm = new Float64Array(BINS);

  /** Spectrum from magnitudes and phases seen from the window's centre. */
  guess(magnitude: Float64Array, phase: Float64Array): void {
    this.magnitude.set(magnitude);
    for (let k = 0; k < BINS; k++) {
      const a = magnitude[k] * centreSign(k);
      this.re[k] = a * Math.cos(phase[k]);
      this.im[k] = a * Math.sin(phase[k]);
    }
  }

  /** Phases seen from the window's centre, written to `out`. */
  phases(out: Float64Array): void {
    for (let k = 0; k < BINS; k++) out[k] = Math.atan2(this.im[k] * centreSign(k), this.re[k] * centreSign(k));
  }

  /** The search starts: the first "last projection" is the guess itself. */
  beginSearch(): void {
    this.lastRe.set(this.re);
    this.lastIm.set(this.im);
  }
}

/**
 * What {@link PhaseStream} remembers. Of an open step: its magnitudes, and its spectrum as it was
 * found so far.
 */
export interface PhaseStreamState {
  readonly gradient: PhaseGradientState;
  readonly phase: Float64Array;
  readonly open: readonly { readonly magnitude: Float64Array; readonly re: Float64Array; readonly im: Float64Array }[];
  readonly tail: Float64Array;
}

/**
 * What is known of one step: its magnitudes, and estimates of log(magnitude + floor), whole numbers
 * in whose order phases are found; `[481]` each.
 */
export interface StepMagnitudes {
  readonly magnitudes: Float64Array;
  readonly priority: Int32Array;
}

/**
 * Magnitudes in, 8 steps (one codec frame) or any other number at a time; samples out. The sound
 * begins 720 samples after the first sample given.
 */
export class PhaseStream {
  readonly #fft: RealFft;
  readonly #search: PhaseSearch;
  readonly #gradient: PhaseGradient;
  readonly #weights = new Map<number, Float64Array>();
  readonly #phase = new Float64Array(BINS);
  readonly #nextPhase = new Float64Array(BINS);
  #open: Step[] = [];
  readonly #spare: Step[] = [];
  /** Overlap-add of the final steps, from the first open step's first sample on. */
  #tail = new Float64Array(WINDOW_SIZE);

  /** @param fft of {@link WINDOW_SIZE} points; may be shared, it is used only inside a call */
  constructor(fft: RealFft, search: PhaseSearch) {
    this.#fft = fft;
    this.#search = search;
    this.#gradient = new PhaseGradient(search.tolerance);
  }

  /** A copy of what is remembered. */
  get state(): PhaseStreamState {
    const open = this.#open.map(({ magnitude, re, im }) => ({ magnitude: magnitude.slice(), re: re.slice(), im: im.slice() }));
    return { gradient: this.#gradient.state, phase: this.#phase.slice(), open, tail: this.#tail.slice() };
  }

  set state({ gradient, phase, open, tail }: PhaseStreamState) {
    this.#gradient.state = gradient;
    this.#phase.set(phase);
    this.#tail = tail.slice();
    this.#open = open.map(({ magnitude, re, im }) => {
      const step = new Step();
      step.magnitude.set(magnitude);
      step.re.set(re);
      step.im.set(im);
      return step;
    });
  }

  /** As before the first push. */
  reset(): void {
    this.#gradient.reset();
    this.#spare.push(...this.#open.splice(0));
    this.#tail = new Float64Array(WINDOW_SIZE);
  }

  /**
   * @param rows of the new steps
   * @returns the samples that are now final: 240 for every step that is no longer open
   */
  push(rows: readonly StepMagnitudes[]): Float32Array {
    const steps = [...this.#open, ...rows.map((row) => this.#newStep(row))];
    const length = (steps.length - 1) * HOP + WINDOW_SIZE;
    const base = new Float64Array(length);
    base.set(this.#tail.subarray(0, length));
    this.#refine(steps, base);
    const final = Math.max(0, steps.length - this.#search.openSteps);
    for (let i = 0; i < final; i++) this.#overlapAdd(steps[i], base, i * HOP);
    steps[steps.length - 1].phases(this.#phase);
    this.#spare.push(...steps.slice(0, final));
    this.#open = steps.slice(final);
    this.#tail = base.slice(final * HOP);
    return toSamples(base.subarray(0, final * HOP));
  }

  /** The samples that were still open; the stream is then as new. */
  flush(): Float32Array {
    const rest = new Float64Array(Math.max(this.#tail.length, (this.#open.length - 1) * HOP + WINDOW_SIZE));
    rest.set(this.#tail);
    this.#open.forEach((step, i) => this.#overlapAdd(step, rest, i * HOP));
    this.reset();
    return toSamples(rest);
  }

  #newStep({ magnitudes, priority }: StepMagnitudes): Step {
    const step = this.#spare.pop() ?? new Step();
    this.#gradient.next(magnitudes, priority, this.#phase, this.#nextPhase);
    this.#phase.set(this.#nextPhase);
    step.guess(magnitudes, this.#phase);
    return step;
  }

  #refine(steps: readonly Step[], base: Float64Array): void {
    const weight = this.#weight(steps.length);
    const signal = new Float64Array(base.length);
    for (const step of steps) step.beginSearch();
    for (let round = 0; round < this.#search.iterations; round++) {
      signal.set(base);
      steps.forEach((step, i) => this.#overlapAdd(step, signal, i * HOP));
      for (let i = 0; i < signal.length; i++) signal[i] /= weight[i];
      steps.forEach((step, i) => this.#project(step, signal, i * HOP));
    }
  }

  /**
   * Sum of the squared windows of `count` steps and of the final ones before them,
   * `[(count - 1) * 240 + 960]`.
   */
  #weight(count: number): Float64Array {
    let weight = this.#weights.get(count);
    if (!weight) {
      weight = new Float64Array((count - 1) * HOP + WINDOW_SIZE);
      for (let step = -REACH; step < count; step++) {
        const start = step * HOP;
        for (let i = Math.max(0, -start); i < WINDOW_SIZE && start + i < weight.length; i++) weight[start + i] += WINDOW[i] ** 2;
      }
      weight = weight.map((w) => Math.max(w, SMALLEST_WEIGHT));
      this.#weights.set(count, weight);
    }
    return weight;
  }

  /** Adds the windowed inverse transform of a step to `signal` from `at` on. */
  #overlapAdd({ re, im }: Step, signal: Float64Array, at: number): void {
    const { time, spectrum } = this.#fft;
    spectrum[0] = re[0];
    spectrum[1] = re[BINS - 1];
    for (let k = 1; k < BINS - 1; k++) {
      spectrum[2 * k] = re[k];
      spectrum[2 * k + 1] = im[k];
    }
    this.#fft.backward();
    for (let i = 0; i < WINDOW_SIZE; i++) signal[at + i] += (time[i] / WINDOW_SIZE) * WINDOW[i];
  }

  /**
   * One round for one step: the spectrum of the signal, given the step's magnitude, pushed on by
   * the momentum, given the magnitude again.
   */
  #project({ magnitude, re, im, lastRe, lastIm }: Step, signal: Float64Array, at: number): void {
    const { time, spectrum } = this.#fft;
    const { momentum } = this.#search;
    for (let i = 0; i < WINDOW_SIZE; i++) time[i] = signal[at + i] * WINDOW[i];
    this.#fft.forward();
    const highest = spectrum[1]; // the packed spectrum has the last bin where the first one's imaginary part would be
    spectrum[1] = 0;
    for (let k = 0; k < BINS; k++) {
      const isLast = k === BINS - 1;
      const foundRe = isLast ? highest : spectrum[2 * k];
      const foundIm = isLast ? 0 : spectrum[2 * k + 1];
      const scale = magnitude[k] / Math.max(Math.sqrt(foundRe * foundRe + foundIm * foundIm), TINY);
      const projectedRe = foundRe * scale;
      const projectedIm = foundIm * scale;
      const pushedRe = projectedRe + momentum * (projectedRe - lastRe[k]);
      const pushedIm = projectedIm + momentum * (projectedIm - lastIm[k]);
      lastRe[k] = projectedRe;
      lastIm[k] = projectedIm;
      const rescale = magnitude[k] / Math.max(Math.sqrt(pushedRe * pushedRe + pushedIm * pushedIm), TINY);
      re[k] = pushedRe * rescale;
      im[k] = pushedIm * rescale;
    }
  }
}

function toSamples(sum: Float64Array): Float32Array {
  const samples = new Float32Array(sum.length);
  for (let i = 0; i < sum.length; i++) samples[i] = sum[i] / WINDOW_SQUARE_SUM;
  return samples;
}
