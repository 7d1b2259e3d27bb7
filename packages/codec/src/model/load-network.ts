import type { Graph, StateSpec, WeightSource } from "../graph/builder.ts";
import type { Backend, Session } from "../runtime/session.ts";
import { type ModelWeights, weightNames } from "./weights.ts";

/** A loaded graph and its state declaration. */
export interface Network {
  readonly session: Session;
  readonly states: readonly StateSpec[];
}

/**
 * Builds a graph and loads it; weights that come from afar are fetched for it and then forgotten.
 * @param parallel whether the graph's operations are large enough for several threads
 */
export async function loadNetwork(
  backend: Backend,
  weights: ModelWeights,
  build: (source: WeightSource) => Graph,
  parallel: boolean,
): Promise<Network> {
  const names = weightNames(weights, build);
  await weights.fetch(names);
  const graph = build(weights);
  const session = await backend.load(graph, { parallel });
  weights.release(names);
  return { session, states: graph.states };
}
