/** Convolutions of the plain reference. Values are `[channels, steps]`. */
import { columns, type Matrix, matrix, row } from "./matrix.ts";

/** Kernel of a convolution. */
export interface Kernel {
  /** `[to, from, taps]`. */
  readonly weight: Float32Array;
  /** `[to]`. */
  readonly bias?: Float32Array;
  readonly taps: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 1. */
  readonly dilation?: number;
}

/**
 * Causal convolution: `[from, T]` -> `[to, ceil(T / stride)]`. On the left there are
 * `(taps - 1) * dilation + 1 - stride` zeros, and on the right as many as the last step needs to be
 * whole. Each strided convolution does that by itself, so a ragged clip is not the same as the clip
 * padded to whole frames.
 */
export function causalConv(x: Matrix, kernel: Kernel): Matrix {
  const { taps, stride = 1, dilation = 1 } = kernel;
  const before = (taps - 1) * dilation + 1 - stride;
  return conv(columns(x, -before, Math.ceil(x.columns / stride) * stride), kernel);
}

/** The same, but the first and the last value are repeated where there would be zeros. */
export function replicatingConv(x: Matrix, kernel: Kernel & { readonly stride: number }): Matrix {
  const before = kernel.taps - kernel.stride;
  const padded = columns(x, -before, Math.ceil(x.columns / kernel.stride) * kernel.stride);
  for (let c = 0; c < x.rows; c++) {
    const to = row(padded, c);
    to.fill(row(x, c)[0], 0, before);
    to.fill(row(x, c)[x.columns - 1], before + x.columns);
  }
  return conv(padded, kernel);
}

/** Each output step is the sum over input channels and taps of what lies under the kernel. */
function conv(x: Matrix, { weight, bias, taps, stride = 1, dilation = 1 }: Kernel): Matrix {
  const to = weight.length / (x.rows * taps);
  const steps = (x.columns - (taps - 1) * dilation - 1) / stride + 1;
  const out = matrix(to, steps);
  for (let o = 0; o < to; o++) {
    const sum = row(out, o).fill(bias ? bias[o] : 0);
    for (let i = 0; i < x.rows; i++) {
      for (let k = 0; k < taps; k++) accumulate(sum, row(x, i), weight[(o * x.rows + i) * taps + k], k * dilation, stride);
    }
  }
  return out;
}

function accumulate(sum: Float64Array, input: Float64Array, factor: number, start: number, stride: number): void {
  for (let t = 0; t < sum.length; t++) sum[t] += input[start + t * stride] * factor;
}

/** A causal convolution for each channel alone: `[C, T]` -> `[C, T]`, weight `[C, 1, taps]`. */
export function depthwiseConv(x: Matrix, { weight, bias, taps }: Kernel): Matrix {
  const padded = columns(x, 1 - taps, x.columns);
  const out = matrix(x.rows, x.columns);
  for (let c = 0; c < x.rows; c++) {
    const sum = row(out, c).fill(bias ? bias[c] : 0);
    for (let k = 0; k < taps; k++) accumulate(sum, row(padded, c), weight[c * taps + k], k, 1);
  }
  return out;
}

/**
 * Causal transposed convolution: `[from, T]` -> `[to, T * stride]`, weight `[from, to, taps]`. Step
 * t of the input adds its taps to the output from sample `t * stride` on; the last `taps - stride`
 * samples, which later input would still change, are dropped.
 */
export function transposedConv(x: Matrix, { weight, bias, taps, stride = 1 }: Kernel): Matrix {
  const to = weight.length / (x.rows * taps);
  const out = matrix(to, x.columns * stride);
  for (let o = 0; o < to; o++) {
    const sum = row(out, o).fill(bias ? bias[o] : 0);
    for (let i = 0; i < x.rows; i++) spread(sum, row(x, i), weight.subarray((i * to + o) * taps, (i * to + o + 1) * taps), stride);
  }
  return out;
}

function spread(sum: Float64Array, input: Float64Array, weights: Float32Array, stride: number): void {
  for (let t = 0; t < input.length; t++) {
    const end = Math.min(weights.length, sum.length - t * stride);
    for (let k = 0; k < end; k++) sum[t * stride + k] += input[t] * weights[k];
  }
}
