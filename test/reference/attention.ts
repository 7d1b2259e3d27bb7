/** Self-attention of the plain reference. Values are `[steps, features]`. */
import { linear, type Matrix, matrix, row } from "./matrix.ts";
import type { Weights } from "./weights.ts";

/** Shape of the attention of a transformer. */
export interface AttentionShape {
  readonly heads: number;
  readonly headDim: number;
  /** Base of the rotary embedding. */
  readonly theta: number;
  /** Steps that a step sees, itself included; Infinity for all. */
  readonly window: number;
}

/**
 * Causal attention with rotary embedding: x `[T, D]` -> `[T, D]`. Weights
 * `PREFIX.{q,k,v,o}_proj.weight`, without bias.
 */
export function selfAttention(x: Matrix, w: Weights, prefix: string, shape: AttentionShape): Matrix {
  const project = (name: string, y: Matrix): Matrix => linear(y, w(`${prefix}.${name}_proj.weight`));
  const query = rotated(project("q", x), shape); // [T, heads * headDim]
  const key = rotated(project("k", x), shape);
  const value = project("v", x);
  const mixed = matrix(x.rows, query.columns);
  for (let t = 0; t < x.rows; t++) {
    for (let head = 0; head < shape.heads; head++) attend({ query, key, value, mixed }, t, head, shape);
  }
  return project("o", mixed);
}

/**
 * Turns each pair (i, i + headDim / 2) of each head by the angle `t * theta ^ (-2 i / headDim)`:
 * the half-split form, not neighbours. Positions count from 0.
 */
function rotated(x: Matrix, { heads, headDim, theta }: AttentionShape): Matrix {
  const out = matrix(x.rows, x.columns);
  const half = headDim / 2;
  for (let t = 0; t < x.rows; t++) {
    for (let head = 0; head < heads; head++) {
      const [from, to] = [row(x, t), row(out, t)].map((values) => values.subarray(head * headDim, (head + 1) * headDim));
      for (let i = 0; i < half; i++) {
        const angle = t * theta ** ((-2 * i) / headDim);
        to[i] = from[i] * Math.cos(angle) - from[i + half] * Math.sin(angle);
        to[i + half] = from[i + half] * Math.cos(angle) + from[i] * Math.sin(angle);
      }
    }
  }
  return out;
}

/** Softmax-weighted mean of the values that step t of one head sees. */
function attend(
  { query, key, value, mixed }: Readonly<Record<"query" | "key" | "value" | "mixed", Matrix>>,
  t: number,
  head: number,
  { headDim, window }: AttentionShape,
): void {
  const part = (x: Matrix, step: number): Float64Array => row(x, step).subarray(head * headDim, (head + 1) * headDim);
  const first = Math.max(0, t - window + 1);
  const scores = Float64Array.from({ length: t + 1 - first }, (_, i) => dot(part(query, t), part(key, first + i)) * headDim ** -0.5);
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b);
  const out = part(mixed, t);
  weights.forEach((weight, i) => part(value, first + i).forEach((v, d) => (out[d] += (v * weight) / total)));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
