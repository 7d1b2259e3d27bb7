/** Weights of the plain reference. */
import type { ConfigJson } from "./seeded-checkpoint.mjs";
import { seededTensor, tensorShapes } from "./seeded-checkpoint.mjs";

/** A tensor by its name in the checkpoint, row-major. */
export type Weights = (name: string) => Float32Array;

/** The weights of a seeded checkpoint, without a file. */
export function seededWeights(config: ConfigJson, seed: number): Weights {
  const shapes = tensorShapes(config);
  const made = new Map<string, Float32Array>();
  return (name) => {
    const shape = shapes.get(name);
    if (!shape) throw new RangeError(`There is no tensor ${name}`);
    const values = made.get(name) ?? seededTensor(name, shape, seed);
    made.set(name, values);
    return values;
  };
}

/**
 * Entries of a codebook, `[V, D]`: `sum / max(usage, 1e-5)`. Usage can be 0, and the quotient is
 * what training has kept as the mean. Encoder and decoder have copies of their own.
 */
export function codebook(w: Weights, prefix: string, sums: "embed_sum" | "embedding_sum"): Float64Array {
  const usage = w(`${prefix}.cluster_usage`);
  const sum = w(`${prefix}.${sums}`);
  const dim = sum.length / usage.length;
  return Float64Array.from(sum, (value, i) => value / Math.max(usage[Math.floor(i / dim)], 1e-5));
}

/** A number of a configuration section. */
export function numberOf(section: Readonly<Record<string, unknown>>, field: string): number {
  const value = section[field];
  if (typeof value !== "number") throw new RangeError(`There is no number ${field}`);
  return value;
}
