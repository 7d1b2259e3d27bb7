/** Measures of sound that tests share. */
import { BINS, HOP } from "../../packages/codec/dist/dsp/frames.js";
import { RealFft } from "../../packages/codec/dist/dsp/fft.js";
import { MagnitudeStream } from "../../packages/codec/dist/dsp/magnitude-stream.js";

/** Magnitudes of the whole steps of a clip, one `[481]` for every 240 samples. */
export async function magnitudesOf(samples: Float32Array): Promise<Float64Array[]> {
  const stream = new MagnitudeStream(await RealFft.create(960));
  return Array.from({ length: Math.floor(samples.length / HOP) }, (_, t) => {
    const out = new Float64Array(BINS);
    stream.step(samples.subarray(t * HOP, (t + 1) * HOP), out);
    return out;
  });
}

/** 20 log10 of a ratio of amplitudes. */
export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** Level of the difference of two clips against the first, dB. */
export function relativeError(expected: Float32Array, actual: Float32Array): number {
  const power = (at: (i: number) => number): number => expected.reduce((sum, _, i) => sum + at(i) ** 2, 0);
  return decibels(Math.sqrt(power((i) => actual[i] - expected[i]) / power((i) => expected[i])));
}

/** Largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((max, x, i) => Math.max(max, Math.abs(x - b[i])), 0);
}

/**
 * How alike the envelopes of two clips are: the correlation of the log levels of 16 bands, each 750
 * Hz wide, every 10 ms, -1 to 1. Levels more than 60 dB under the loudest are raised to there, so
 * that silence does not count.
 */
export async function envelopeCorrelation(a: Float32Array, b: Float32Array): Promise<number> {
  const length = Math.min(a.length, b.length);
  const [x, y] = [await envelope(a.subarray(0, length)), await envelope(b.subarray(0, length))];
  const mean = (v: readonly number[]): number => v.reduce((sum, value) => sum + value, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const product = (f: (i: number) => number): number => x.reduce((sum, _, i) => sum + f(i), 0);
  return product((i) => (x[i] - mx) * (y[i] - my)) / Math.sqrt(product((i) => (x[i] - mx) ** 2) * product((i) => (y[i] - my) ** 2));
}

const ENVELOPE_BANDS = 16;

async function envelope(samples: Float32Array): Promise<number[]> {
  const width = (BINS - 1) / ENVELOPE_BANDS;
  const powers = (await magnitudesOf(samples)).flatMap((row) =>
    Array.from({ length: ENVELOPE_BANDS }, (_, band) => row.subarray(band * width, (band + 1) * width).reduce((sum, m) => sum + m * m, 0)),
  );
  const floor = powers.reduce((max, p) => Math.max(max, p), 1e-12) * 1e-6;
  return powers.map((p) => Math.log10(Math.max(p, floor)));
}
