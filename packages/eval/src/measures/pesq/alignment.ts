// Time alignment of P.862, clause 10.1.3: the delay of the whole clip and then of each utterance by
// the correlation of envelopes (10.1.3.1), refined by a weighted histogram of the correlation peaks
// of frames (10.1.3.2); utterances are split where two delays explain them better than one
// (10.1.3.3).

import { type Fourier, fourierOf } from "../fourier.ts";
import { type Activity, activityOf, runsOf } from "./activity.ts";
import type { PaddedSignal } from "./signal.ts";
import type { PesqRate } from "./tables.ts";

/** Steps that are searched on each side of an utterance: 300 ms. */
const SEARCH_STEPS = 75;
/** Delays of the whole clip that are found: 4 s. */
const LONGEST_DELAY_STEPS = 1000;
/** Shorter utterances are not aligned on their own, steps: 200 ms. */
const SHORTEST_UTTERANCE = 50;
/** Shorter utterances are not split, steps: 800 ms. */
const SHORTEST_SPLIT = 200;
/** Places at which a split is tried. */
const SPLIT_TRIALS = 40;
/** Lags whose correlation comes this near to the largest count in the histogram. */
const PEAK_PART = 0.99;
/** Power of the correlation that is added to the histogram. */
const PEAK_POWER = 0.125;

/** A part of the reference with one delay. */
export interface Utterance {
  /** First step of 4 ms, in the padded reference. */
  readonly start: number;
  /** Step after the last. */
  readonly end: number;
  /** By how many samples the degraded clip is late. */
  readonly delay: number;
}

interface Delay {
  readonly delay: number;
  /** Share of the histogram at its peak, 0 to 1. */
  readonly confidence: number;
}

/** What is known of an utterance while it is searched. */
interface Found extends Utterance, Delay {
  /** The delay by envelopes, which the finer one was found from. */
  readonly rough: number;
  /** First step with speech. */
  readonly speechStart: number;
  /** Step after the last with speech. */
  readonly speechEnd: number;
}

/**
 * Finds the utterances of the reference and the delay of each; they cover the clip without gaps. At
 * least one comes back.
 */
export function alignUtterances(reference: PaddedSignal, degraded: PaddedSignal, rate: PesqRate): Utterance[] {
  const [x, y] = [activityOf(reference, rate.step), activityOf(degraded, rate.step)];
  const steps = x.log.length;
  const whole = envelopeLag(x, y, 0, steps, 0, LONGEST_DELAY_STEPS) * rate.step;
  const aligner = new UtteranceAligner(x, y, new FrameAligner(reference.samples, degraded.samples, rate), rate);
  const spoken = runsOf(x.power).filter(([from, to]) => to - from >= SHORTEST_UTTERANCE);
  if (spoken.length === 0) return [{ start: SEARCH_STEPS, end: steps - SEARCH_STEPS, delay: whole }];
  const borders = [SEARCH_STEPS, ...spoken.slice(1).map(([from], i) => Math.floor((spoken[i][1] + from) / 2)), steps - SEARCH_STEPS];
  return spoken.flatMap(([speechStart, speechEnd], i) => {
    const [from, to] = [Math.max(0, speechStart - SEARCH_STEPS), Math.min(steps, speechEnd + SEARCH_STEPS)];
    const found = aligner.align(from, to, whole);
    return aligner.split({ start: borders[i], end: borders[i + 1], speechStart, speechEnd, ...found });
  });
}

/**
 * The lag in steps, within `reach` of a first guess, at which the log envelopes of a stretch agree
 * best.
 */
function envelopeLag(x: Activity, y: Activity, from: number, to: number, guess: number, reach: number): number {
  let best = 0;
  let bestLag = guess;
  for (let lag = guess - reach; lag <= guess + reach; lag++) {
    let sum = 0;
    const first = Math.max(from, from + guess - lag, -lag);
    const last = Math.min(to, to + guess - lag, y.log.length - lag);
    for (let i = first; i < last; i++) sum += x.log[i] * y.log[i + lag];
    if (sum <= best) continue;
    best = sum;
    bestLag = lag;
  }
  return bestLag;
}

/** Finds the delay of a stretch, and splits utterances. */
class UtteranceAligner {
  readonly #x: Activity;
  readonly #y: Activity;
  readonly #frames: FrameAligner;
  readonly #step: number;

  constructor(x: Activity, y: Activity, frames: FrameAligner, { step }: PesqRate) {
    this.#x = x;
    this.#y = y;
    this.#frames = frames;
    this.#step = step;
  }

  /**
   * From steps and a first guess in samples; frames are laid from the given end of the stretch on.
   */
  align(from: number, to: number, guess: number, side: Side = "start"): Delay & { readonly rough: number } {
    const rough = envelopeLag(this.#x, this.#y, from, to, Math.floor(guess / this.#step), SEARCH_STEPS) * this.#step;
    return { rough, ...this.#frames.delayOf(from * this.#step, to * this.#step, rough, side) };
  }

  /**
   * Two parts where both are surer of their delays than the whole is of its own, and the delays
   * differ by 4 ms; so on with the parts.
   */
  split(whole: Found): Utterance[] {
    const { start, end, speechStart, speechEnd, confidence, rough } = whole;
    const [unsplit, length] = [[{ start, end, delay: whole.delay }], speechEnd - speechStart];
    if (length < SHORTEST_SPLIT) return unsplit;
    let best: readonly [Found, Found] | undefined;
    for (const at of splitPlaces(speechStart, speechEnd, this.#frames.stride / this.#step)) {
      const left = { start, end: at, speechStart, speechEnd: at, ...this.align(start, at, rough) };
      if (left.confidence <= confidence) continue;
      const right = { start: at, end, speechStart: at, speechEnd, ...this.align(at, end, rough, "end") };
      if (right.confidence <= confidence || Math.abs(left.delay - right.delay) < this.#step) continue;
      if (left.confidence + right.confidence > (best ? best[0].confidence + best[1].confidence : 0)) best = [left, right];
    }
    return best ? this.#overlapped(...best).flatMap((part) => this.split(part)) : unsplit;
  }

  /**
   * Where the second part is later than the first, both reach over the border by half of the
   * difference; each stays shorter than the whole.
   */
  #overlapped(left: Found, right: Found): [Found, Found] {
    const reach = Math.max(0, Math.trunc((right.delay - left.delay) / (2 * this.#step)));
    const end = Math.min(left.end + reach, right.end - 1);
    const start = Math.max(right.start - reach, left.start + 1);
    return [
      { ...left, end, speechEnd: end },
      { ...right, start, speechStart: start },
    ];
  }
}

/** Which end of a stretch frames are laid from. */
type Side = "start" | "end";

/**
 * Up to 40 places over the inner four fifths of an utterance, a whole number of strides from one to
 * the next.
 */
function splitPlaces(from: number, to: number, stride: number): number[] {
  const length = to - from;
  const pitch = Math.floor((0.801 * length + SPLIT_TRIALS * stride - 1) / (SPLIT_TRIALS * stride)) * stride;
  const margin = Math.max(SEARCH_STEPS, Math.floor(length / 10));
  const count = Math.min(SPLIT_TRIALS, Math.floor((length - 2 * margin) / pitch) + 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) => from + margin + i * pitch);
}

/** Where the correlation of a frame is largest. */
interface Peaks {
  readonly lags: readonly number[];
  /** What each adds to the histogram. */
  readonly weight: number;
}

/** Fine alignment of stretches by frames of 64 ms that overlap by three quarters. */
class FrameAligner {
  readonly #reference: Float64Array;
  readonly #degraded: Float64Array;
  readonly #fourier: Fourier;
  readonly #window: Float64Array;
  readonly #known = new Map<number, Peaks>();
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(reference: Float64Array, degraded: Float64Array, { alignmentFrame }: PesqRate) {
    this.#reference = reference;
    this.#degraded = degraded;
    this.#fourier = fourierOf(alignmentFrame);
    this.#window = Float64Array.from({ length: alignmentFrame }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / alignmentFrame));
    this.#re = new Float64Array(alignmentFrame);
    this.#im = new Float64Array(alignmentFrame);
  }

  /** Samples from one frame to the next. */
  get stride(): number {
    return this.#fourier.size / 4;
  }

  /** The delay of a stretch, in samples, given a rough one. */
  delayOf(from: number, to: number, rough: number, side: Side): Delay {
    const size = this.#fourier.size;
    const histogram = this.#histogram(from, to, rough, side);
    const total = histogram.reduce((sum, x) => sum + x, 0);
    if (total === 0) return { delay: rough, confidence: 0 };
    const smooth = smoothed(histogram, size / 64);
    const peak = smooth.reduce((best, x, lag) => (x > smooth[best] ? lag : best), 0);
    return { delay: rough + (peak >= size / 2 ? peak - size : peak), confidence: smooth[peak] / total };
  }

  #histogram(from: number, to: number, rough: number, side: Side): Float64Array {
    const size = this.#fourier.size;
    const histogram = new Float64Array(size);
    const skipped = side === "start" ? 0 : (to - from) % this.stride;
    const first = from + skipped + Math.max(0, Math.ceil((-rough - from - skipped) / this.stride)) * this.stride;
    for (let at = first; at + size <= to && at + rough + size <= this.#degraded.length; at += this.stride) {
      const { lags, weight } = this.#peaks(at, rough);
      for (const lag of lags) histogram[lag] += weight;
    }
    return histogram;
  }

  /** Stretches share frames: their peaks are kept. */
  #peaks(at: number, rough: number): Peaks {
    const key = rough * this.#degraded.length + at;
    const known = this.#known.get(key);
    if (known) return known;
    this.#correlate(at, at + rough);
    const correlation = this.#re;
    let largest = 0;
    for (let lag = 0; lag < correlation.length; lag++) largest = Math.max(largest, Math.abs(correlation[lag]));
    const lags: number[] = [];
    for (let lag = 0; lag < correlation.length && largest > 0; lag++) if (Math.abs(correlation[lag]) > PEAK_PART * largest) lags.push(lag);
    const peaks = { lags, weight: largest ** PEAK_POWER };
    this.#known.set(key, peaks);
    return peaks;
  }

  /**
   * Circular correlation of two frames into `#re`: element `lag` says how well the degraded frame,
   * `lag` later, agrees.
   */
  #correlate(at: number, degradedAt: number): void {
    const size = this.#fourier.size;
    const [re, im] = [this.#re, this.#im];
    for (let n = 0; n < size; n++) {
      re[n] = this.#reference[at + n] * this.#window[n];
      im[n] = this.#degraded[degradedAt + n] * this.#window[n];
    }
    this.#fourier.transform(re, im);
    crossSpectrum(re, im);
    this.#fourier.transform(im, re);
  }
}

/**
 * Two real signals were transformed as one complex signal: conjugate of the first times the second,
 * in place.
 */
function crossSpectrum(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let k = 0; k <= size / 2; k++) {
    const j = (size - k) % size;
    const [xr, xi] = [(re[k] + re[j]) / 2, (im[k] - im[j]) / 2];
    const [yr, yi] = [(im[k] + im[j]) / 2, (re[j] - re[k]) / 2];
    const [pr, pi] = [xr * yr + xi * yi, xr * yi - xi * yr];
    re[k] = re[j] = pr;
    im[k] = pi;
    im[j] = -pi;
  }
}

/** Convolution with a triangle whose peak is 1, circular. Most of a histogram is empty. */
function smoothed(histogram: Float64Array, reach: number): Float64Array {
  const size = histogram.length;
  const out = new Float64Array(size);
  for (let lag = 0; lag < size; lag++) {
    if (histogram[lag] === 0) continue;
    for (let d = 1 - reach; d < reach; d++) out[(lag + d + size) % size] += histogram[lag] * (1 - Math.abs(d) / reach);
  }
  return out;
}
