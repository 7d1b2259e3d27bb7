/** Activations and norms of the plain reference. */
import { type Matrix, row } from "./matrix.ts";

/**
 * Gauss error function (Abramowitz and Stegun 7.1.6): a series of positive terms, so nothing
 * cancels. From 6 on the result is 1 in double precision.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let sum = 0;
  for (let n = 0, term = x; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** GELU in its exact form, with erf. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** ELU with alpha 1. */
export function elu(x: number): number {
  return x > 0 ? x : Math.expm1(x);
}

/** SiLU: x times its logistic function. */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/**
 * `x + sin(x exp(alpha))^2 / (exp(beta) + 1e-9)`; alpha and beta, one for each channel, are stored
 * as logarithms. x `[C, T]`.
 */
export function snakeBeta(x: Matrix, alpha: Float32Array, beta: Float32Array): Matrix {
  const out = x.data.slice();
  for (let c = 0; c < x.rows; c++) {
    const frequency = Math.exp(alpha[c]);
    const magnitude = 1 / (Math.exp(beta[c]) + 1e-9);
    for (let i = c * x.columns; i < (c + 1) * x.columns; i++) {
      const sine = Math.sin(out[i] * frequency);
      out[i] += sine * sine * magnitude;
    }
  }
  return { ...x, data: out };
}

/** Rows of zero mean and unit variance, times weight, plus bias: x `[T, C]`. */
export function layerNorm(x: Matrix, weight: Float32Array, bias: Float32Array, epsilon: number): Matrix {
  return eachRow(x, (input, output) => {
    const mean = input.reduce((sum, v) => sum + v, 0) / input.length;
    const variance = input.reduce((sum, v) => sum + (v - mean) ** 2, 0) / input.length;
    for (let i = 0; i < input.length; i++) output[i] = ((input[i] - mean) / Math.sqrt(variance + epsilon)) * weight[i] + bias[i];
  });
}

/** Rows divided by their root mean square, times weight: x `[T, C]`. */
export function rmsNorm(x: Matrix, weight: Float32Array, epsilon: number): Matrix {
  return eachRow(x, (input, output) => {
    const square = input.reduce((sum, v) => sum + v * v, 0) / input.length;
    for (let i = 0; i < input.length; i++) output[i] = (input[i] / Math.sqrt(square + epsilon)) * weight[i];
  });
}

function eachRow(x: Matrix, work: (input: Float64Array, output: Float64Array) => void): Matrix {
  const out = { ...x, data: new Float64Array(x.data.length) };
  for (let t = 0; t < x.rows; t++) work(row(x, t), row(out, t));
  return out;
}
