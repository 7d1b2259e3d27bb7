import { describe, expect, it } from "vitest";
import { CodecError } from "../errors.ts";
import { writeSafetensors } from "@twelvehz/test-support/write-safetensors.mjs";
import { memoryFile, SafetensorsWeights, weightNames } from "./weights.ts";

const file = writeSafetensors({
  plain: { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  half: { dtype: "F16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  brain: { dtype: "BF16", shape: [1], data: Uint16Array.of(0x3f80) },
  small: { dtype: "I8", shape: [2, 3], data: Int8Array.of(1, 2, 3, -4, -5, -6) },
  "small.scale": { dtype: "F32", shape: [2], data: Float32Array.of(0.5, 2) },
  alone: { dtype: "I8", shape: [2], data: Int8Array.of(1, 2) },
  odd: { dtype: "I8", shape: [2, 3], data: Int8Array.of(1, 2, 3, 4, 5, 6) },
  "odd.scale": { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) },
  count: { dtype: "I64", shape: [1], data: BigInt64Array.of(1n) },
});
const weights = new SafetensorsWeights([memoryFile(file)]);

function messageFrom(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError && error.code === "bad-model") return error.message;
    throw error;
  }
  return "no error";
}

describe("weights", () => {
  it("are given as they are stored, int8 with its scales", () => {
    expect(weights.weight("plain", [2, 3])).toEqual({ type: "float32", data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(weights.weight("half", [2])).toMatchObject({ type: "float16" });
    expect(weights.weight("brain", [1])).toMatchObject({ type: "bfloat16" });
    expect(weights.weight("small", [2, 3])).toEqual({
      type: "int8",
      data: Int8Array.of(1, 2, 3, -4, -5, -6),
      scales: { dims: [2], data: Float32Array.of(0.5, 2) },
    });
  });

  it.each<[string, number[], RegExp]>([
    ["nothing", [1], /"nothing".*not in model\.safetensors/],
    ["plain", [3, 2], /shape is \[2, 3\], the configuration asks for \[3, 2\]/],
    ["plain", [6], /shape is \[2, 3\]/],
    ["count", [1], /type is I64/],
    ["alone", [2], /scales are missing/],
    ["odd", [2, 3], /no prefix of \[2, 3\]/],
  ])("are refused with the name of the tensor: %s as %j", (name, dims, says) => {
    expect(messageFrom(() => weights.weight(name, dims))).toMatch(says);
    expect(messageFrom(() => weights.check(name, dims))).toMatch(says);
    expect(messageFrom(() => weightNames(weights, (source) => source.weight(name, dims)))).toMatch(says);
  });

  it("are checked without being read", () => {
    const { index } = memoryFile(file);
    const unread = new SafetensorsWeights([
      {
        index,
        read: () => {
          throw new Error("read");
        },
      },
    ]);
    for (const [name, dims] of [
      ["plain", [2, 3]],
      ["small", [2, 3]],
      ["half", [2]],
    ] as const)
      unread.check(name, dims);
    expect(() => unread.weight("plain", [2, 3])).toThrow("read");
  });

  it("are looked for in every file, and may be left where they lie", () => {
    const other = writeSafetensors({ more: { dtype: "F32", shape: [1], data: Float32Array.of(9) } });
    const place = { location: "a.safetensors", offset: 64, length: 4 };
    const both = new SafetensorsWeights([memoryFile(file), { ...memoryFile(other), locate: () => place }], "/models");
    expect(both.weight("plain", [2, 3]).data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(both.weight("more", [1])).toEqual({ type: "float32", data: place });
    expect(both.folder).toBe("/models");
  });

  it("that identify a model are the stored bytes, with those of the scales", () => {
    const [values, scales] = weights.stored("small");
    expect(values).toEqual(Uint8Array.of(1, 2, 3, 252, 251, 250));
    expect(scales).toEqual(new Uint8Array(Float32Array.of(0.5, 2).buffer));
    expect(weights.stored("plain")).toHaveLength(1);
    expect(weights.stored("nothing")).toEqual([]);
  });
});
