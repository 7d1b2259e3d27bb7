/**
 * Causal self-attention with its own history. Values are `[T, D]`: one row a step.
 *
 * Keys are kept as they were before the rotation, and rotated anew by their place in what is kept.
 * Rotary embedding sees only distances (Su et al. 2021, equation 16), so the result is that of
 * absolute positions, angles stay small however long the stream is, and no counter is needed.
 */
import type { GraphBuilder, Value } from "./builder.ts";
import { DATA_TYPES } from "./onnx.ts";

/** Shape of the attention of all layers of a transformer. */
export interface AttentionShape {
  /** Width of the rows. */
  readonly dim: number;
  readonly heads: number;
  readonly headDim: number;
  /** Base of the rotary embedding. */
  readonly theta: number;
}

/**
 * What all layers share at one run: rotation of N kept and new steps, and which of them each new
 * step sees.
 */
export interface AttentionPlan {
  readonly shape: AttentionShape;
  /** Steps before a step that it sees, int64 `[1]`. */
  readonly reach: Value;
  /** `[N, headDim / 2]` each. */
  readonly cos: Value;
  readonly sin: Value;
  /** `[T, N]`: 0 where a step is seen, a large negative number where not. */
  readonly mask: Value;
}

const HIDDEN = -1e30;

/**
 * @param x `[T, D]`, any value whose first axis is time
 * @param window steps that a step sees, itself included, int64 `[1]`: constant, or given at the run
 */
export function planAttention(b: GraphBuilder, x: Value, window: Value, shape: AttentionShape): AttentionPlan {
  const steps = b.slice(b.op("Shape", [x]), 0, 0, 1);
  const reach = b.op("Sub", [window, b.ints(1)]);
  const ones = b.op("Expand", [b.floats(Float32Array.of(1), [1, 1]), b.op("Concat", [steps, b.ints(1)], { axis: 0 })]); // [T, 1]
  const count = b.slice(b.op("Shape", [b.growingHistory(ones, reach, [1])]), 0, 0, 1);
  const positions = b.reshape(b.op("Range", [b.ints(0), count, b.ints(1)]), -1, 1); // [N, 1] int64: 0, 1, ...
  const frequencies = Float32Array.from({ length: shape.headDim / 2 }, (_, i) => shape.theta ** ((-2 * i) / shape.headDim));
  const angles = b.op("Mul", [b.op("Cast", [positions], { to: DATA_TYPES.float32 }), b.floats(frequencies, [1, frequencies.length])]);
  return { shape, reach, cos: b.op("Cos", [angles]), sin: b.op("Sin", [angles]), mask: mask(b, positions, steps, window) };
}

function mask(b: GraphBuilder, positions: Value, steps: Value, window: Value): Value {
  const queries = newest(b, positions, steps); // [T, 1]
  const keys = b.op("Transpose", [positions], { perm: [1, 0] }); // [1, N]
  const seen = b.op("And", [b.op("LessOrEqual", [keys, queries]), b.op("Greater", [keys, b.op("Sub", [queries, window])])]);
  return b.op("Where", [seen, b.floats(Float32Array.of(0)), b.floats(Float32Array.of(HIDDEN))]);
}

/** The last rows of x, `steps` of them (int64 `[1]`). */
function newest(b: GraphBuilder, x: Value, steps: Value): Value {
  return b.op("Slice", [x, b.op("Neg", [steps]), b.ints(Number.MAX_SAFE_INTEGER), b.ints(0)]);
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, equation 1) with rotary embedding in the
 * half-split form. Projections `PREFIX.{q,k,v,o}_proj.weight` without bias.
 */
export function selfAttention(b: GraphBuilder, x: Value, prefix: string, plan: AttentionPlan): Value {
  const { dim, heads, headDim } = plan.shape;
  const width = heads * headDim;
  const project = (name: string): Value => b.op("Gemm", [x, b.weight(`${prefix}.${name}_proj.weight`, [width, dim])], { transB: 1 });
  const kept = (y: Value): Value => b.growingHistory(y, plan.reach, [width]);
  const split = (y: Value, perm: readonly number[]): Value => b.op("Transpose", [b.reshape(y, -1, heads, headDim)], { perm });

  const steps = b.slice(b.op("Shape", [x]), 0, 0, 1);
  const query = rotate(b, split(project("q"), [1, 0, 2]), newest(b, plan.cos, steps), newest(b, plan.sin, steps), headDim); // [H, T, hd]
  const key = rotate(b, split(kept(project("k")), [1, 0, 2]), plan.cos, plan.sin, headDim); // [H, N, hd]
  const value = split(kept(project("v")), [1, 0, 2]);

  const scaled = b.op("Mul", [query, b.floats(Float32Array.of(headDim ** -0.5))]);
  const scores = b.op("Add", [b.op("MatMul", [scaled, b.op("Transpose", [key], { perm: [0, 2, 1] })]), plan.mask]); // [H, T, N]
  const mixed = b.op("MatMul", [b.op("Softmax", [scores], { axis: -1 }), value]); // [H, T, hd]
  const joined = b.reshape(b.op("Transpose", [mixed], { perm: [1, 0, 2] }), -1, width);
  return b.op("Gemm", [joined, b.weight(`${prefix}.o_proj.weight`, [dim, width])], { transB: 1 });
}

function rotate(b: GraphBuilder, x: Value, cos: Value, sin: Value, headDim: number): Value {
  const first = b.slice(x, 2, 0, headDim / 2);
  const second = b.slice(x, 2, headDim / 2, headDim);
  const rotatedFirst = b.op("Sub", [b.op("Mul", [first, cos]), b.op("Mul", [second, sin])]);
  const rotatedSecond = b.op("Add", [b.op("Mul", [second, cos]), b.op("Mul", [first, sin])]);
  return b.op("Concat", [rotatedFirst, rotatedSecond], { axis: 2 });
}
