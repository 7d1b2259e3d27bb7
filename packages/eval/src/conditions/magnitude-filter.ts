import { Audio } from "@twelvehz/codec";

/**
 * Gain over frequency: points [Hz, dB] in rising order. Straight lines over the logarithm of
 * frequency between them, constant outside.
 */
export type GainCurve = readonly (readonly [hertz: number, decibels: number])[];

/** Half of the filter, seconds: it tells frequencies apart that lie some 140 Hz from each other. */
const HALF_SECONDS = 0.02;

/**
 * Filters a clip by a gain curve: a symmetric FIR filter, made by frequency sampling under a
 * Blackman window (Oppenheim and Schafer, "Discrete-Time Signal Processing", sections 7.5 and 7.6),
 * laid around each sample, so that nothing is delayed and phases stay.
 * @returns a new clip of the same rate and length
 */
export function filterByGain(clip: Audio, curve: GainCurve): Audio {
  const taps = halfFilter(curve, clip.sampleRate);
  const half = taps.length - 1;
  const padded = new Float64Array(clip.samples.length + 2 * half);
  padded.set(clip.samples, half);
  const out = new Float32Array(clip.samples.length);
  for (let n = 0; n < out.length; n++) {
    const centre = n + half;
    let sum = taps[0] * padded[centre];
    for (let i = 1; i <= half; i++) sum += taps[i] * (padded[centre - i] + padded[centre + i]);
    out[n] = sum;
  }
  return new Audio(out, clip.sampleRate);
}

/** The centre of the filter and what lies after it. */
function halfFilter(curve: GainCurve, sampleRate: number): Float64Array {
  const half = Math.ceil(HALF_SECONDS * sampleRate);
  const size = 8 * half;
  const gains = Float64Array.from({ length: size / 2 + 1 }, (_, k) => 10 ** (gainAt(curve, (k * sampleRate) / size) / 20));
  const cosines = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  return Float64Array.from({ length: half + 1 }, (_, n) => {
    let sum = gains[0] + gains[size / 2] * cosines[(n * (size / 2)) % size];
    for (let k = 1; k < size / 2; k++) sum += 2 * gains[k] * cosines[(n * k) % size];
    return (sum / size) * blackman(n / half);
  });
}

/** 1 at 0, 0 at 1. */
function blackman(x: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

/** Gain of a curve at a frequency, dB. */
function gainAt(curve: GainCurve, hertz: number): number {
  const after = curve.findIndex(([at]) => at >= hertz);
  if (after < 0) return curve[curve.length - 1][1];
  if (after === 0) return curve[0][1];
  const [[f0, g0], [f1, g1]] = [curve[after - 1], curve[after]];
  return g0 + ((g1 - g0) * Math.log(hertz / f0)) / Math.log(f1 / f0);
}
