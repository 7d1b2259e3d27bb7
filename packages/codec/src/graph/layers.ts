/**
 * Layers as graph pieces. Each takes the checkpoint prefix under which its weights lie. Values are
 * `[T, C]`: time first, one row a step. Every layer gives a row the same bits however many rows are
 * computed at once, so that a stream equals the whole clip exactly.
 */
import type { GraphBuilder, Value } from "./builder.ts";

/** Epsilon of torch.nn.LayerNorm when none is given. */
const LAYER_NORM_EPSILON = 1e-5;

/** torch.nn.Linear: x `[T, from]`, weight `[to, from]`, bias `[to]` -> `[T, to]`. */
export function linear(b: GraphBuilder, x: Value, prefix: string, from: number, to: number): Value {
  return b.op("Gemm", [x, b.weight(`${prefix}.weight`, [to, from]), b.weight(`${prefix}.bias`, [to])], { transB: 1 });
}

/** torch.nn.LayerNorm over the last axis: x `[T, size]` -> `[T, size]`. */
export function layerNorm(b: GraphBuilder, x: Value, prefix: string, size: number, epsilon: number = LAYER_NORM_EPSILON): Value {
  return normalize(b, x, [b.weight(`${prefix}.weight`, [size]), b.weight(`${prefix}.bias`, [size])], epsilon);
}

/**
 * Rows divided by their root mean square, then scaled (Zhang and Sennrich 2019, equation 4): x
 * `[T, size]`, weight `[size]`.
 */
export function rmsNorm(b: GraphBuilder, x: Value, prefix: string, size: number, epsilon: number): Value {
  return b.op("SimplifiedLayerNormalization", [x, b.weight(`${prefix}.weight`, [size])], { axis: -1, epsilon: { float: epsilon } });
}

/** Rows of zero mean and unit variance, without weights: x `[T, size]` -> `[T, size]`. */
export function standardize(b: GraphBuilder, x: Value, size: number): Value {
  return normalize(b, x, [b.floats(new Float32Array(size).fill(1))], LAYER_NORM_EPSILON);
}

function normalize(b: GraphBuilder, x: Value, scaleAndBias: readonly Value[], epsilon: number): Value {
  return b.op("LayerNormalization", [x, ...scaleAndBias], { axis: -1, epsilon: { float: epsilon } });
}

/**
 * Causal depthwise convolution with its own history: x `[T, channels]` -> `[T, channels]`. Weight
 * `[channels, 1, kernel]`; `kernel - 1` zeros before the first step.
 *
 * Written as a sum of shifted products: a step then has the same bits whether it is computed alone
 * or with others, which the Conv operator of ONNX Runtime does not give for a single step.
 */
export function causalDepthwiseConv(b: GraphBuilder, x: Value, prefix: string, channels: number, kernel: number): Value {
  const padded = b.history(x, { steps: kernel - 1, stepDims: [channels] });
  const taps = b.op("Transpose", [b.reshape(b.weight(`${prefix}.weight`, [channels, 1, kernel]), channels, kernel)], { perm: [1, 0] }); // [kernel, C]
  let sum = b.weight(`${prefix}.bias`, [channels]);
  for (let k = 0; k < kernel; k++) {
    const shifted = k === kernel - 1 ? b.slice(padded, 0, k) : b.slice(padded, 0, k, k + 1 - kernel); // [T, C]
    sum = b.op("Add", [sum, b.op("Mul", [shifted, b.slice(taps, 0, k, k + 1)])]);
  }
  return sum;
}

/** Shape of a {@link convNextBlock}. */
export interface BlockShape {
  /** Width of the rows. */
  readonly channels: number;
  /** Inner width of the MLP divided by `channels`. */
  readonly expansion: number;
  /** Taps of the depthwise convolution. */
  readonly kernel: number;
}

/**
 * ConvNeXt block (Liu et al. 2022, figure 4; causal): depthwise convolution, LayerNorm, MLP with
 * GELU (erf), scale per channel, residual. x `[T, channels]` -> `[T, channels]`.
 */
export function convNextBlock(b: GraphBuilder, x: Value, prefix: string, shape: BlockShape): Value {
  const { channels, expansion, kernel } = shape;
  const mixed = layerNorm(b, causalDepthwiseConv(b, x, `${prefix}.dw`, channels, kernel), `${prefix}.n`, channels);
  const inner = b.op("Gelu", [linear(b, mixed, `${prefix}.a`, channels, channels * expansion)]);
  const branch = linear(b, inner, `${prefix}.b`, channels * expansion, channels);
  return b.op("Add", [x, b.op("Mul", [branch, b.weight(`${prefix}.g`, [channels])])]);
}
