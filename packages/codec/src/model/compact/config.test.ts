import { describe, expect, it } from "vitest";
import { CodecError } from "../../errors.ts";
import { parseCompactConfig } from "./config.ts";

const good: Readonly<Record<string, unknown>> = {
  model_type: "twelvehz-compact",
  version: 2,
  name: "demo",
  sample_rate: 24_000,
  frame_rate: 12.5,
  layers: 16,
  codebook_size: 2048,
  codebook_dim: 64,
  bands: 128,
  single_bins: 48,
  floor: 0.01,
  fine_dim: 192,
  dim: 512,
  depth: [1, 4, 4, 2],
  iterations: 4,
  open_steps: 1,
  momentum: 0.9,
  tolerance: 0.01,
  beam_width: 4,
};

function messageFor(changes: Record<string, unknown>): string {
  try {
    parseCompactConfig({ ...good, ...changes });
  } catch (error) {
    if (error instanceof CodecError && error.code === "bad-model") return error.message;
    throw error;
  }
  return "no error";
}

describe("the configuration of a compact model", () => {
  it("is read in the names that are used here", () => {
    expect(parseCompactConfig(good)).toEqual({
      name: "demo",
      sampleRate: 24_000,
      frameRate: 12.5,
      layers: 16,
      codebookSize: 2048,
      codebookDim: 64,
      bands: 128,
      singleBins: 48,
      floor: 0.01,
      fineDim: 192,
      dim: 512,
      depth: [1, 4, 4, 2],
      iterations: 4,
      openSteps: 1,
      momentum: 0.9,
      tolerance: 0.01,
      beamWidth: 4,
    });
  });

  it("may say more than is known", () => {
    expect(messageFor({ note: "trained on a Sunday", nested: { deep: [1] } })).toBe("no error");
  });

  it.each(Object.keys(good))("names %s when it is missing", (field) => {
    expect(messageFor({ [field]: undefined })).toContain(`"${field}" is`);
  });

  it.each(Object.keys(good).filter((field) => typeof good[field] === "number"))("names %s when it is no number in its range", (field) => {
    for (const value of ["16", null, [], {}, Number.NaN, Infinity, -1, 1e9, true])
      expect(messageFor({ [field]: value })).toContain(`"${field}" is`);
  });

  it.each(["layers", "codebook_size", "codebook_dim", "bands", "single_bins", "fine_dim", "dim", "iterations", "open_steps", "beam_width"])(
    "names %s when it is no whole number",
    (field) => {
      const value = Number(good[field]) + 0.5;
      expect(messageFor({ [field]: value })).toContain(`"${field}" is ${value}, it must be a whole number`);
    },
  );

  it("names the depth when it is not four numbers", () => {
    for (const depth of [[1, 4, 4], [1, 4, 4, 2, 1], [1, 4, 4, -1], [1, 4, 4, 1.5], [1, 4, 4, "2"], 4, "1442", null])
      expect(messageFor({ depth })).toContain('"depth" is');
  });

  it("names the name when it does not fit into a token file", () => {
    for (const name of ["", 7, null, "ü".repeat(33), "half \ud800"]) expect(messageFor({ name })).toContain('"name" is');
    expect(messageFor({ name: "ü".repeat(32) })).toBe("no error"); // 64 bytes
  });

  it("names single bins that leave no band for the rest", () => {
    expect(messageFor({ single_bins: 128 })).toContain('"single_bins" is 128, it must be less than "bands"');
  });

  it("names a beam that is wider than a codebook", () => {
    expect(messageFor({ codebook_size: 4, beam_width: 5 })).toContain('"beam_width" is 5, it must be at most "codebook_size" (4)');
    expect(messageFor({ codebook_size: 4, beam_width: 4 })).toBe("no error");
  });

  it("is refused for another kind of model, or a layout that is not known yet", () => {
    expect(messageFor({ model_type: "vocos" })).toContain('"model_type" is "vocos"');
    expect(messageFor({ version: 1 })).toContain('"version" is 1');
  });
});
