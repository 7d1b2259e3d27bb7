import { writeSafetensors } from "@twelvehz/test-support/write-safetensors.mjs";
import { describe, expect, it } from "vitest";
import { memoryFile, SafetensorsWeights } from "../weights.ts";
import type { CompactConfig } from "./config.ts";
import { LatentPredictor } from "./latent-predictor.ts";
import { LatentTable } from "./latent-table.ts";

/** Two layers of four entries, two numbers each: a coarse grid and a fine one. */
const CONFIG = { layers: 2, codebookSize: 4, codebookDim: 2 } as CompactConfig;
const CODEBOOKS = Float32Array.of(0, 0, 4, 0, 0, 4, 4, 4, 0, 0, 1, 0, 0, 1, 1, 1);
const table = new LatentTable(CONFIG, { data: CODEBOOKS });

const frame = (...codes: number[]): { codes: Int16Array } => ({ codes: Int16Array.from(codes) });
/** Rows that give the last latent of three, and the mean of the last and the next. */
const LAST = Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1);
const MEAN = Float32Array.of(0, 0, 0, 0, 0.5, 0, 0.5, 0, 0, 0, 0, 0, 0, 0.5, 0, 0.5);

function weightsWith(bias: readonly number[], only: readonly string[] = []): SafetensorsWeights {
  const tensors = {
    codebooks: { dtype: "F32", shape: [2, 4, 2], data: CODEBOOKS },
    "conceal.past.weight": { dtype: "F32", shape: [2, 6], data: LAST },
    "conceal.past.bias": { dtype: "F32", shape: [2], data: Float32Array.from(bias) },
    "conceal.both.weight": { dtype: "F32", shape: [2, 8], data: MEAN },
    "conceal.both.bias": { dtype: "F32", shape: [2], data: Float32Array.of(0, 0) },
  };
  const kept = Object.entries(tensors).filter(([name]) => only.length === 0 || only.includes(name));
  return new SafetensorsWeights([memoryFile(writeSafetensors(Object.fromEntries(kept)))]);
}

const past = [frame(0, 0), frame(0, 1), frame(1, 2)]; // the last one is (4, 1)

describe("latents", () => {
  it("are sums of entries, each times the gain of its layer", () => {
    expect([...table.latentsOf([frame(3, 2), { ...frame(3, 2), gains: Float32Array.of(1, 0) }, frame(2)])]).toEqual([4, 5, 4, 4, 0, 4]);
  });

  it("have codes again, layer by layer", () => {
    for (const code of [0, 1, 2, 3]) expect([...table.codesOf(table.latentsOf([frame(code, 3 - code)]))]).toEqual([code, 3 - code]);
    expect([...table.codesOf(Float32Array.of(3.8, 0.7))]).toEqual([1, 2]);
  });

  it("of int8 are multiplied by their scales", () => {
    const scales = new Float32Array(8).fill(0.5);
    const small = new LatentTable(CONFIG, { data: Int8Array.from(CODEBOOKS, (x) => 2 * x), scales });
    expect([...small.latentsOf([frame(3, 2)])]).toEqual([4, 5]);
    expect([...small.codesOf(Float32Array.of(4, 1))]).toEqual([1, 2]);
  });
});

describe("a predictor of lost frames", () => {
  it("takes the three frames before, and the next where it has come, be it of fewer layers", async () => {
    const predictor = await LatentPredictor.of(CONFIG, weightsWith([0, 0]))?.();
    expect([...(predictor?.predict(past) ?? [])]).toEqual([1, 2]);
    expect([...(predictor?.predict(past, frame(3)) ?? [])]).toEqual([3, 0]); // between (4, 1) and (4, 4) lies (4, 2.5)
    expect([...(predictor?.predict(past, frame(1, 0)) ?? [])]).toEqual([1, 0]); // (4, 0.5): the first of two that are as near
  });

  it("adds its bias", async () => {
    const predictor = await LatentPredictor.of(CONFIG, weightsWith([-4, 3]))?.();
    expect([...(predictor?.predict(past) ?? [])]).toEqual([2, 0]);
  });

  it("is not there for a model without its tensors, or with some of them", () => {
    expect(LatentPredictor.of(CONFIG, weightsWith([0, 0], ["codebooks"]))).toBeUndefined();
    expect(LatentPredictor.of(CONFIG, weightsWith([0, 0], ["codebooks", "conceal.past.weight"]))).toBeUndefined();
  });

  it("of another shape is refused with the name of the tensor", () => {
    const open = (): unknown => LatentPredictor.of({ ...CONFIG, codebookDim: 4, codebookSize: 2 }, weightsWith([0, 0]));
    expect(open).toThrow(/"conceal\.past\.weight": its shape is \[2, 6\]/);
  });
});
