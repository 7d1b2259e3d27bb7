// Fundamental frequency by the difference function of YIN: de Cheveigné and Kawahara, "YIN, a
// fundamental frequency estimator for speech and music", JASA 111(4), 2002, steps 2 to 5 (equations
// 6 and 8), at 8 kHz, followed by a median of five frames against stray octaves.

import { type Audio, resample } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { type MeasureFamily, measureInfo, percentOf } from "./measure.ts";

const RATE = 8000;
/** 10 ms. */
const HOP = 80;
/** Integration window, 25 ms as in section III of the paper. */
const WINDOW = 200;
const LOWEST = 60;
const HIGHEST = 500;
const LONGEST_LAG = Math.ceil(RATE / LOWEST);
const SHORTEST_LAG = Math.floor(RATE / HIGHEST);
/**
 * A dip of the normalized difference below this is taken at once: step 4, with more tolerance than
 * the paper's 0.1, which is for clean studio voices.
 */
const DIP = 0.15;
/** A frame whose lowest dip is above this has no pitch. */
const VOICED = 0.3;
/** Frames this far below the loudest have no pitch, dB. */
const RANGE_DB = 40;
const MEDIAN = 5;
/**
 * Errors of more than this part are gross: Rabiner et al., "A comparative performance study of
 * several pitch detection algorithms", 1976, as later used.
 */
const GROSS = 0.2;

/** How far the pitch of a degraded clip is from that of its reference. */
export interface F0Error {
  /** Frames of 10 ms in which the reference is voiced. */
  readonly voicedFrames: number;
  /** Share of all frames in which one clip is voiced and the other is not, 0 to 1. */
  readonly voicingErrorRate: number;
  /**
   * Share of the frames voiced in both in which F0 is off by more than 20 %, 0 to 1; undefined when
   * there is no such frame.
   */
  readonly grossErrorRate: number | undefined;
  /** RMS error of the other frames voiced in both, cents; undefined when there are none. */
  readonly fineErrorCents: number | undefined;
}

/**
 * Errors of F0 and voicing in frames of 10 ms, F0 from 60 to 500 Hz, both clips measured by
 * {@link f0Contour}.
 * @returns undefined when the clips are shorter than 0.5 s or the reference is silence
 * @throws RangeError when rates or lengths differ, or the rate is not whole
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function f0Error(reference: Audio, degraded: Audio): F0Error | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [f0Contour(reference), f0Contour(degraded)];
  const frames = Array.from(x, (_, t) => t);
  const both = frames.filter((t) => x[t] > 0 && y[t] > 0);
  const fine = both.filter((t) => Math.abs(y[t] / x[t] - 1) <= GROSS);
  const squares = fine.reduce((sum, t) => sum + (1200 * Math.log2(y[t] / x[t])) ** 2, 0);
  return {
    voicedFrames: frames.filter((t) => x[t] > 0).length,
    voicingErrorRate: frames.filter((t) => x[t] > 0 !== y[t] > 0).length / frames.length,
    grossErrorRate: both.length === 0 ? undefined : 1 - fine.length / both.length,
    fineErrorCents: fine.length === 0 ? undefined : Math.sqrt(squares / fine.length),
  };
}

/**
 * F0 every 10 ms, Hz, 60 to 500; 0 where the clip is not voiced. Value t is for the 25 ms from 10
 * ms times t on.
 * @throws RangeError when the rate is not whole
 */
export function f0Contour(audio: Audio): Float64Array {
  const { samples } = resample(audio, RATE);
  const count = Math.max(0, Math.floor((samples.length - WINDOW - LONGEST_LAG - 1) / HOP) + 1);
  const energies = Float64Array.from({ length: count }, (_, t) => energyAt(samples, t * HOP));
  const quiet = energies.reduce((a, b) => Math.max(a, b), 1e-9) * 10 ** (-RANGE_DB / 10);
  const raw = energies.map((energy, t) => (energy < quiet ? 0 : frequencyAt(samples, t * HOP)));
  return raw.map((_, t) => medianAround(raw, t));
}

function energyAt(samples: Float32Array, at: number): number {
  let sum = 0;
  for (let i = at; i < at + WINDOW; i++) sum += samples[i] * samples[i];
  return sum;
}

function frequencyAt(samples: Float32Array, at: number): number {
  const difference = normalizedDifference(samples, at);
  const lag = dipOf(difference);
  return difference[lag] > VOICED ? 0 : RATE / (lag + parabolicOffset(difference, lag));
}

/** d' of equation 8 for lags 0 to the longest and one more. */
function normalizedDifference(samples: Float32Array, at: number): Float64Array {
  const out = new Float64Array(LONGEST_LAG + 2).fill(1);
  let total = 0;
  for (let lag = 1; lag < out.length; lag++) {
    let sum = 0;
    for (let i = at; i < at + WINDOW; i++) {
      const step = samples[i] - samples[i + lag];
      sum += step * step;
    }
    total += sum;
    out[lag] = total === 0 ? 1 : (sum * lag) / total;
  }
  return out;
}

/** The first dip that is deep enough, else the deepest: step 4. */
function dipOf(difference: Float64Array): number {
  let deepest = SHORTEST_LAG;
  for (let lag = SHORTEST_LAG; lag <= LONGEST_LAG; lag++) {
    if (difference[lag] < DIP && difference[lag] <= difference[lag + 1]) return lag;
    if (difference[lag] < difference[deepest]) deepest = lag;
  }
  return deepest;
}

/** Where the parabola through three values has its dip, -0.5 to 0.5: step 5. */
function parabolicOffset(values: Float64Array, at: number): number {
  const [before, here, after] = [values[at - 1], values[at], values[at + 1]];
  const bend = before - 2 * here + after;
  return bend <= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
}

/** The median of the voiced values around a frame when most of them are voiced, else 0. */
function medianAround(values: Float64Array, at: number): number {
  const near = values.slice(Math.max(0, at - (MEDIAN >> 1)), at + (MEDIAN >> 1) + 1);
  const voiced = near.filter((value) => value > 0).sort();
  return 2 * voiced.length > near.length ? voiced[voiced.length >> 1] : 0;
}

/** {@link f0Error} as measures. */
export const PITCH: MeasureFamily = {
  measures: [
    measureInfo({
      id: "voicing",
      label: "Voicing error",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames that are voiced in one of the two clips only",
    }),
    measureInfo({
      id: "f0Gross",
      label: "F0, gross",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames voiced in both whose F0 is off by more than 20 %",
    }),
    measureInfo({
      id: "f0Fine",
      label: "F0, fine",
      unit: "cents",
      better: "lower",
      decimals: 1,
      description: "RMS error of F0 in the other frames",
    }),
  ],
  compute(reference, degraded) {
    const found = f0Error(reference, degraded);
    return { voicing: percentOf(found?.voicingErrorRate), f0Gross: percentOf(found?.grossErrorRate), f0Fine: found?.fineErrorCents };
  },
};
