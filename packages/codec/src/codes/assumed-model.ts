import { seemsOfAnotherModel } from "./code-use.ts";
import type { Codes } from "./codes.ts";
import type { ModelIdentity } from "./model-info.ts";
import { assertCodes, assertKind } from "../misuse.ts";

/** What is to be said where codes name no model and are decoded with the one that is open. */
export interface AssumedModel {
  /** Name of the model that is taken for theirs. */
  readonly name: string;
  /**
   * Whether they use the codes of the first layers as the model hardly ever does: they are probably
   * of another one.
   */
  readonly isDoubtful: boolean;
  /** A part of a sentence that says both. */
  readonly reason: string;
}

/**
 * That a model is assumed, which formats without a place for its name make necessary: .npy, .pt,
 * .jsonl, lines and bare JSON.
 * @param model that is to decode the codes
 * @returns undefined where the codes name their model
 */
export function assumedModel(codes: Codes, model: ModelIdentity): AssumedModel | undefined {
  assertCodes(codes, "codes");
  assertKind(model, "model", "object");
  const { name, id } = model;
  if (codes.model) return undefined;
  const isDoubtful = seemsOfAnotherModel(codes, id);
  const doubt = isDoubtful ? ", and they are used as its codes hardly ever are: open the model that made them" : "";
  return { name, isDoubtful, reason: `the codes name no model: ${name} is assumed${doubt}` };
}
