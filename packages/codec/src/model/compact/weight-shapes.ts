import type { WeightSource } from "../../graph/builder.ts";
import { weightNames } from "../weights.ts";
import type { CompactConfig } from "./config.ts";
import { askForEncoderWeights, buildCompactDecoder } from "./networks.ts";

/** Names and shapes of weights. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** A half of a model. */
type Half = "encoder" | "decoder";

const HALVES: Readonly<Record<Half, (config: CompactConfig, weights: WeightSource) => unknown>> = {
  encoder: askForEncoderWeights,
  decoder: buildCompactDecoder,
};

const found = new WeakMap<CompactConfig, Map<Half, WeightShapes>>();

/**
 * Names and shapes of the weights of a half. Its network is built for them once a configuration: a
 * model that is opened asks several times.
 */
export function weightShapes(half: Half, config: CompactConfig): WeightShapes {
  const known = found.get(config) ?? new Map<Half, WeightShapes>();
  found.set(config, known);
  const before = known.get(half);
  if (before) return before;
  const shapes = new Map<string, readonly number[]>();
  weightNames({ check: (name, dims) => void shapes.set(name, dims) }, (source: WeightSource) => HALVES[half](config, source));
  known.set(half, shapes);
  return shapes;
}
