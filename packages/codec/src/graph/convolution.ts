/**
 * Causal convolutions as graph pieces. Values are `[1, C, 1, T]`: channels, then time; the height
 * of 1 lets ONNX Runtime take its faster two-dimensional kernels.
 */
import type { GraphBuilder, Value } from "./builder.ts";

/** Shape of a convolution. */
export interface ConvShape {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean;
}

/** Index of the time axis. */
const TIME = 3;

/**
 * Causal convolution: `(kernel - 1) * dilation + 1 - stride` zeros before the first step. Weight
 * `[to, from, kernel]`. With a stride, the last step is filled up with zeros on the right where the
 * input ends inside it; that is right only at the end of a clip. x `[1, from, 1, T]` ->
 * `[1, to, 1, ceil(T / stride)]`.
 */
export function causalConv(b: GraphBuilder, x: Value, prefix: string, shape: ConvShape): Value {
  const { from, kernel, dilation = 1, stride = 1 } = shape;
  const steps = (kernel - 1) * dilation + 1 - stride;
  const padded = steps > 0 ? b.history(x, { steps, stepDims: [1, from, 1], axis: "last" }) : x;
  return conv(b, stride > 1 ? padToStride(b, padded, stride, steps, "constant") : padded, prefix, shape);
}

/**
 * The same with the first value repeated before the first step instead of zeros, and the last value
 * repeated at the end (torch padding mode "replicate").
 */
export function causalConvReplicate(b: GraphBuilder, x: Value, prefix: string, shape: ConvShape & { readonly stride: number }): Value {
  const { from, kernel, stride } = shape;
  const steps = kernel - stride;
  const joined = b.history(x, { steps, stepDims: [1, from, 1], axis: "last", fill: Number.NaN }); // NaN: nothing was there yet
  const first = b.slice(x, TIME, 0, 1);
  const past = b.slice(joined, TIME, 0, steps);
  const replicated = b.op("Where", [b.op("IsNaN", [past]), first, past]);
  const padded = padToStride(b, b.op("Concat", [replicated, x], { axis: TIME }), stride, steps, "edge");
  return conv(b, padded, prefix, shape);
}

/** Fills the last step up on the right. x has `history` steps in front. */
function padToStride(b: GraphBuilder, x: Value, stride: number, history: number, mode: "constant" | "edge"): Value {
  const steps = b.slice(b.op("Shape", [x]), 0, TIME, TIME + 1);
  const over = b.op("Mod", [b.op("Sub", [steps, b.ints(history)]), b.ints(stride)]);
  const missing = b.op("Mod", [b.op("Sub", [b.ints(stride), over]), b.ints(stride)]);
  const pads = b.op("Concat", [b.ints(0, 0, 0, 0, 0, 0, 0), missing], { axis: 0 });
  return b.op("Pad", [x, pads], { mode });
}

function conv(b: GraphBuilder, x: Value, prefix: string, shape: ConvShape): Value {
  const { from, to, kernel, dilation = 1, stride = 1, bias = true } = shape;
  const weight = b.weight(`${prefix}.weight`, [to, from, kernel], [to, from, 1, kernel]);
  const inputs = bias ? [x, weight, b.weight(`${prefix}.bias`, [to])] : [x, weight];
  return b.op("Conv", inputs, { kernel_shape: [1, kernel], dilations: [1, dilation], strides: [1, stride] });
}

/** Shape of a {@link causalTransposedConv}. */
export interface TransposedConvShape {
  readonly from: number;
  readonly to: number;
  /** `stride` or twice that. */
  readonly kernel: number;
  readonly stride: number;
}

/**
 * Transposed convolution without its last `kernel - stride` samples. Weight `[from, to, kernel]`. x
 * `[1, from, 1, T]` -> `[1, to, 1, T * stride]`.
 *
 * Written as a convolution to `to * stride` channels whose outputs are then interleaved, which is
 * faster than the operator: sample `t * stride + j` is `x[t]` with tap `j`, plus, for a kernel of
 * two strides, `x[t - 1]` with tap `stride + j`.
 */
export function causalTransposedConv(b: GraphBuilder, x: Value, prefix: string, shape: TransposedConvShape): Value {
  const { from, to, kernel, stride } = shape;
  const reach = kernel / stride;
  const stored = b.weight(`${prefix}.weight`, [from, to, kernel], [from, to, reach, stride]);
  const taps = b.op("Transpose", [reversed(b, stored, reach)], { perm: [3, 1, 0, 2] }); // [stride, to, from, reach]
  const weight = b.reshape(taps, stride * to, from, 1, reach);
  const padded = reach > 1 ? b.history(x, { steps: reach - 1, stepDims: [1, from, 1], axis: "last" }) : x;
  const columns = b.op("Conv", [padded, weight], { kernel_shape: [1, reach] }); // [1, stride * to, 1, T]
  const interleaved = b.op("Transpose", [b.reshape(columns, stride, -1)], { perm: [1, 0] }); // [to * T, stride]: one transposition, not one for each channel
  return b.op("Add", [b.reshape(interleaved, 1, to, 1, -1), b.weight(`${prefix}.bias`, [to], [1, to, 1, 1])]);
}

/** The third axis the other way round: the newest input is the last tap. */
function reversed(b: GraphBuilder, weight: Value, size: number): Value {
  if (size === 1) return weight;
  return b.op("Slice", [weight, b.ints(-1), b.ints(-1 - size), b.ints(2), b.ints(-1)]);
}

/**
 * Causal depthwise convolution, weight `[channels, 1, kernel]`: x `[1, C, 1, T]` -> `[1, C, 1, T]`.
 */
export function causalDepthwise(b: GraphBuilder, x: Value, prefix: string, channels: number, kernel: number): Value {
  const padded = b.history(x, { steps: kernel - 1, stepDims: [1, channels, 1], axis: "last" });
  const weight = b.weight(`${prefix}.weight`, [channels, 1, kernel], [channels, 1, 1, kernel]);
  return b.op("Conv", [padded, weight, b.weight(`${prefix}.bias`, [channels])], { kernel_shape: [1, kernel], group: channels });
}

/**
 * SnakeBeta (Lee et al. 2023, BigVGAN, section 3.2):
 * `x + sin(x exp(alpha))^2 / (exp(beta) + 1e-9)`, alpha and beta per channel, stored as logarithms.
 * x `[1, C, 1, T]`.
 */
export function snakeBeta(b: GraphBuilder, x: Value, prefix: string, channels: number): Value {
  const column = [1, channels, 1, 1];
  const frequency = b.op("Exp", [b.weight(`${prefix}.alpha`, [channels], column)]);
  const magnitude = b.op("Reciprocal", [
    b.op("Add", [b.op("Exp", [b.weight(`${prefix}.beta`, [channels], column)]), b.floats(Float32Array.of(1e-9))]),
  ]);
  const sine = b.op("Sin", [b.op("Mul", [x, frequency])]);
  return b.op("Add", [x, b.op("Mul", [b.op("Mul", [sine, sine]), magnitude])]);
}

/** `[1, C, 1, T]` -> `[T, C]`. */
export function toRows(b: GraphBuilder, x: Value, channels: number): Value {
  return b.op("Transpose", [b.reshape(x, channels, -1)], { perm: [1, 0] });
}

/** `[T, C]` -> `[1, C, 1, T]`. */
export function toChannels(b: GraphBuilder, x: Value, channels: number): Value {
  return b.reshape(b.op("Transpose", [x], { perm: [1, 0] }), 1, channels, 1, -1);
}
