// Level alignment and input filters of P.862, clause 10.1, and the input filter of P.862.2.

import { fourierOf, powerOfTwoFrom } from "../fourier.ts";
import { rms, SILENCE_RMS } from "../pair.ts";
import { type GainCurve, IRS_RECEIVE, LEVEL_BAND, type PesqRate, type Section } from "./tables.ts";

/** Steps of 4 ms of silence that are put before and after a clip, so that delays have room. */
const MARGIN_STEPS = 75;
/** Silence that follows the second margin, seconds. */
const TAIL_SECONDS = 0.32;
/** Power that both clips have between 350 and 3250 Hz after level alignment. */
const TARGET_POWER = 1e7;
/** Gain curves are taken relative to this frequency, Hz. */
const GAIN_REFERENCE = 1000;

/** A clip with silence around it. */
export interface PaddedSignal {
  /** `[margin + clip + margin + tail]`. */
  readonly samples: Float64Array;
  /** Samples before the clip, and after it without the tail. */
  readonly margin: number;
  /** Samples of margin, clip and margin. */
  readonly length: number;
}

/** Both stages that the rest of the measure works on. */
export interface PreparedSignal {
  /** What the perceptual model hears. */
  readonly heard: PaddedSignal;
  /** What is aligned in time. */
  readonly aligned: PaddedSignal;
}

/**
 * A clip at standard level, through the filter of the listener's receiver (narrow band) or
 * headphones (wide band).
 * @returns undefined when the clip has nothing between 350 and 3250 Hz
 */
export function prepareSignal(samples: Float32Array, rate: PesqRate, isWideBand: boolean): PreparedSignal | undefined {
  const padded = padSignal(samples, rate);
  if (!setLevel(padded, rate)) return undefined;
  if (isWideBand) filterBySection(padded.samples.subarray(0, padded.length), rate.wideBandSection);
  else filterByCurve(body(padded), IRS_RECEIVE, rate.sampleRate);
  const aligned = { ...padded, samples: padded.samples.slice() };
  removeMean(aligned, rate.step);
  for (const section of rate.alignmentSections) filterBySection(aligned.samples.subarray(0, aligned.length), section);
  return { heard: padded, aligned };
}

function padSignal(samples: Float32Array, { step, sampleRate }: PesqRate): PaddedSignal {
  const margin = MARGIN_STEPS * step;
  const length = samples.length + 2 * margin;
  const out = new Float64Array(length + TAIL_SECONDS * sampleRate);
  out.set(samples, margin);
  return { samples: out, margin, length };
}

/** The clip and the silence that is counted with it: as long as the tail. */
function body({ samples, margin }: PaddedSignal): Float64Array {
  return samples.subarray(margin, samples.length - margin);
}

/** Level alignment: by the power between 350 and 3250 Hz; false when there is none. */
function setLevel(signal: PaddedSignal, rate: PesqRate): boolean {
  const speech = body(signal).slice();
  filterByCurve(speech, LEVEL_BAND, rate.sampleRate);
  const level = rms(speech);
  if (level < SILENCE_RMS) return false;
  const gain = Math.sqrt(TARGET_POWER) / level;
  for (let i = 0; i < signal.samples.length; i++) signal.samples[i] *= gain;
  return true;
}

/** Multiplies the spectrum of the whole signal, in place. */
function filterByCurve(samples: Float64Array, curve: GainCurve, sampleRate: number): void {
  const fourier = fourierOf(powerOfTwoFrom(samples.length));
  const [re, im] = [new Float64Array(fourier.size), new Float64Array(fourier.size)];
  re.set(samples);
  fourier.transform(re, im);
  const gains = gainsOf(curve, fourier.size, sampleRate);
  for (let k = 0; k < fourier.size; k++) {
    const gain = gains[Math.min(k, fourier.size - k)];
    re[k] *= gain;
    im[k] *= gain;
  }
  fourier.transform(im, re);
  samples.set(re.subarray(0, samples.length));
}

/**
 * Factors for bins 0 to half the size, with the scale of the inverse transform: 1 over the size at
 * 1 kHz.
 */
function gainsOf(curve: GainCurve, size: number, sampleRate: number): Float64Array {
  const reference = gainAt(curve, GAIN_REFERENCE);
  const gains = new Float64Array(size / 2 + 1);
  for (let k = 0; k < gains.length; k++) gains[k] = 10 ** ((gainAt(curve, (k * sampleRate) / size) - reference) / 20) / size;
  return gains;
}

function gainAt(curve: GainCurve, hertz: number): number {
  let after = 0;
  while (after < curve.length && curve[after][0] < hertz) after++;
  if (after === curve.length) return curve[after - 1][1];
  if (after === 0) return curve[0][1];
  const [f0, g0] = curve[after - 1];
  const [f1, g1] = curve[after];
  return g0 + ((g1 - g0) * (hertz - f0)) / (f1 - f0);
}

/** In place, from rest. */
function filterBySection(samples: Float64Array, [b0, b1, b2, a1, a2]: Section): void {
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    samples[i] = y;
  }
}

/** Of the clip, with a ramp of one step at each end. */
function removeMean({ samples, margin, length }: PaddedSignal, step: number): void {
  const clip = samples.subarray(margin, length - margin);
  const mean = clip.reduce((sum, x) => sum + x, 0) / length;
  for (let i = 0; i < clip.length; i++) clip[i] -= mean;
  for (let i = 0; i < step; i++) {
    clip[i] *= (i + 0.5) / step;
    clip[clip.length - 1 - i] *= (i + 0.5) / step;
  }
}
