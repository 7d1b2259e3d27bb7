// Intervals in which the disturbance is so large that the delay must be wrong are aligned again,
// and the smaller disturbance is kept: P.862, clause 10.1.3.4, "Perceptual realignment", and the
// section "Realignment of bad intervals" of clause 10.2.

import { fourierOf, powerOfTwoFrom } from "../fourier.ts";
import { delayAt, type Disturbances, type DisturbanceModel } from "./disturbance.ts";
import type { Utterance } from "./alignment.ts";
import type { PaddedSignal } from "./signal.ts";
import type { PesqRate } from "./tables.ts";

/** Frames with more symmetric disturbance are bad. */
const BAD = 30;
/** Gaps between bad frames that are bad too reach this far to each side, frames. */
const SMEAR = 2;
/** Shorter intervals are left alone, frames. */
const SHORTEST = 5;
/** Delays are looked for in this many frames to each side. */
const SEARCH_FRAMES = 4;
/** A correlation below this tells nothing. */
const SMALLEST_CORRELATION = 0.5;

/** What realignment needs to know of a comparison. */
export interface Comparison {
  /** The reference as it is heard. */
  readonly reference: PaddedSignal;
  /** The degraded signal as it is heard. */
  readonly degraded: PaddedSignal;
  /** Delays found so far. */
  readonly utterances: readonly Utterance[];
  /** Constants of the sample rate. */
  readonly rate: PesqRate;
  /** Where disturbances come from. */
  readonly model: DisturbanceModel;
}

/** Lowers disturbances in place, where another delay explains an interval better. */
export function realignBadIntervals(comparison: Comparison, found: Disturbances): void {
  const intervals = badIntervals(found.symmetric);
  if (intervals.length === 0) return;
  const onTime = withoutDelays(comparison);
  for (const [from, to] of intervals) {
    const delay = intervalDelay(comparison, onTime, from, to);
    const places = Array.from({ length: to - from }, (_, i) => comparison.model.startOf(from + i) + delay);
    const again = comparison.model.disturbances(onTime, places, from, 1);
    for (let i = 0; i < places.length; i++) {
      found.symmetric[from + i] = Math.min(found.symmetric[from + i], again.symmetric[i]);
      found.asymmetric[from + i] = Math.min(found.asymmetric[from + i], again.asymmetric[i]);
    }
  }
}

/**
 * Runs of frames that have a bad one within reach on both sides; one that goes on to the end is
 * none.
 */
function badIntervals(disturbances: Float64Array): [from: number, to: number][] {
  const isBad = Array.from(disturbances, (d, t) => t > 0 && d > BAD);
  const last = isBad.length - 1;
  const isSmeared = isBad.map(
    (_, t) =>
      t >= SMEAR && t < last - SMEAR && isBad.slice(t - SMEAR, t + 1).includes(true) && isBad.slice(t, t + SMEAR + 1).includes(true),
  );
  const intervals: [number, number][] = [];
  for (let from = 0, to = 0; from < isSmeared.length; from = to) {
    for (to = from + 1; to < isSmeared.length && isSmeared[to] === isSmeared[from]; ) to++;
    if (isSmeared[from] && to - from >= SHORTEST && to < isSmeared.length) intervals.push([from, to]);
  }
  return intervals;
}

/** The degraded signal with the delays taken out. */
function withoutDelays({ degraded, utterances, rate }: Comparison): Float64Array {
  const { samples, margin } = degraded;
  const last = samples.length - margin - 1;
  return samples.map((_, i) => {
    if (i < margin || i > last) return 0;
    return samples[Math.max(margin, Math.min(last, i + delayAt(utterances, i, rate.step)))];
  });
}

/**
 * The lag at which the rectified signals agree best in an interval, samples; 0 when they agree
 * nowhere.
 */
function intervalDelay({ reference, rate, model }: Comparison, onTime: Float64Array, from: number, to: number): number {
  const reach = SEARCH_FRAMES * rate.frame;
  const first = reference.margin;
  const end = reference.samples.length - first;
  const [start, stop] = [model.startOf(from), Math.min(model.startOf(to) + rate.frame, end)];
  const size = powerOfTwoFrom(2 * (stop - start + 2 * reach));
  const [x, y] = [new Float64Array(size), new Float64Array(size)];
  for (let i = start; i < stop; i++) x[i - start] = Math.abs(reference.samples[i]);
  for (let i = start - reach; i < stop + reach; i++) y[i - start + reach] = Math.abs(onTime[Math.max(first, Math.min(end - 1, i))]);
  const scale = Math.sqrt(energyOf(x) * energyOf(y));
  if (scale <= 1e-6) return 0;
  const correlation = correlate(x, y);
  let best = reach;
  for (let lag = 0; lag <= 2 * reach; lag++) if (correlation[lag] > correlation[best]) best = lag;
  return correlation[best] / scale < SMALLEST_CORRELATION ? 0 : best - reach;
}

/** Element `lag`: the sum of `x[i] * y[i + lag]`, circular. */
function correlate(x: Float64Array, y: Float64Array): Float64Array {
  const fourier = fourierOf(x.length);
  const [xi, yi] = [new Float64Array(x.length), new Float64Array(x.length)];
  fourier.transform(x, xi);
  fourier.transform(y, yi);
  const [re, im] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (let k = 0; k < x.length; k++) {
    re[k] = (x[k] * y[k] + xi[k] * yi[k]) / x.length;
    im[k] = (x[k] * yi[k] - xi[k] * y[k]) / x.length;
  }
  fourier.transform(im, re);
  return re;
}

function energyOf(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x * x, 0);
}
