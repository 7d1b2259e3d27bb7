// Codes that name no model are taken for those of the model that is open. Whether they can be is
// seen from how they are used: the first layers of a model use some codes more than others, and the
// entries of neighbouring frames of its first layer are alike. Another model numbers its codes
// another way, and shows neither. The tables are made by bench/code-use.mjs from training speech
// and the codebooks.

import type { Codes } from "./codes.ts";
import { CODE_USE_TABLES } from "./code-use-tables.ts";
import { assertCodes, assertKind } from "../misuse.ts";

/** Steps of the table of use in a bit. */
const STEPS_PER_BIT = 16;
/** With fewer frames nothing is said, 4 s. */
const LEAST_FRAMES = 50;
/** Weight of the likeness of neighbours, a correlation, beside the use, bits a frame. */
const NEIGHBOUR_WEIGHT = 2;
/** Codes whose fit is less are doubted. */
export const LEAST_FIT: number = -0.1;

/** What is known of how a model uses its codes. */
export interface CodeUseTable {
  readonly codebookSize: number;
  /**
   * For layer after layer, and each of its codes, log2 of how often it comes by how often it would
   * if all came as often, in sixteenths.
   */
  readonly use: Int8Array;
  /**
   * For one direction of the first codebook after another, and each of its codes, where its entry
   * lies.
   */
  readonly places: Int8Array;
}

/**
 * How well codes fit a model: of its own, well over 0 as a rule, of another under 0.
 * @param modelId of the model
 * @returns undefined where nothing is known of the model, or codes of another codebook size or of
 * under 50 frames are given
 */
export function codeUseFit(codes: Codes, modelId: string): number | undefined {
  assertCodes(codes, "codes");
  assertKind(modelId, "modelId", "string");
  const table = tableOf(modelId);
  if (!table || codes.frames < LEAST_FRAMES || table.codebookSize !== codes.codebookSize) return undefined;
  return fitOf(codes, table);
}

/**
 * Whether codes that name no model are hardly of this one: by {@link codeUseFit}, for models of
 * which something is known.
 */
export function seemsOfAnotherModel(codes: Codes, modelId: string): boolean {
  const fit = codeUseFit(codes, modelId);
  return fit !== undefined && fit < LEAST_FIT;
}

/** The fit of codes of any length to a table. */
export function fitOf(codes: Codes, table: CodeUseTable): number {
  return usualness(codes, table) + NEIGHBOUR_WEIGHT * likenessOfNeighbours(codes, table);
}

/**
 * How much more likely a frame is as one of the model than if all codes came as often, bits a
 * frame.
 */
function usualness({ data, frames, layers, codebookSize }: Codes, { use }: CodeUseTable): number {
  const known = Math.min(layers, use.length / codebookSize);
  let steps = 0;
  for (let t = 0; t < frames; t++) for (let k = 0; k < known; k++) steps += use[k * codebookSize + data[t * layers + k]];
  return steps / STEPS_PER_BIT / frames;
}

/** Correlation of the places of neighbouring frames that differ, mean of the directions. */
function likenessOfNeighbours({ data, frames, layers, codebookSize }: Codes, { places }: CodeUseTable): number {
  const first = Array.from({ length: frames }, (_, t) => data[t * layers]);
  const changes = first.flatMap((code, t) => (t > 0 && first[t - 1] !== code ? [t] : []));
  const directions = places.length / codebookSize;
  let sum = 0;
  for (let d = 0; d < directions; d++) {
    const placeOf = (code: number): number => places[d * codebookSize + code];
    sum += correlation(
      changes.map((t) => placeOf(first[t - 1])),
      changes.map((t) => placeOf(first[t])),
    );
  }
  return sum / directions;
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

const opened = new Map<string, CodeUseTable | undefined>();

function tableOf(modelId: string): CodeUseTable | undefined {
  const id = modelId.toLowerCase();
  if (!opened.has(id)) {
    const stored = CODE_USE_TABLES.find((table) => table.modelId === id);
    opened.set(id, stored && { codebookSize: stored.codebookSize, use: bytesOf(stored.use), places: bytesOf(stored.places) });
  }
  return opened.get(id);
}

function bytesOf(base64: readonly string[]): Int8Array {
  return Int8Array.from(atob(base64.join("")), (char) => char.charCodeAt(0));
}
