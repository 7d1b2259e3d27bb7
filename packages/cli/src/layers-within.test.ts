import { Codes, packedBytes, serializeCodes } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { layersWithin } from "./layers-within.ts";

const FRAMES = 52;
const codes = new Codes(
  Int16Array.from({ length: FRAMES * 16 }, (_, i) => (i * 7919) % 2048),
  16,
);

describe("as many layers as fit", () => {
  it("are all of them where there is room to the byte, and one less where a byte is missing", () => {
    const all = serializeCodes(codes, "t12").length;
    expect(layersWithin(codes, "t12", all)).toEqual(codes);
    expect(layersWithin(codes, "t12", all - 1).layers).toBe(15);
  });

  it.each([
    [1000, 12],
    [676, 8],
    [390, 4],
    [250, 2],
  ])("in %i bytes of a token file of 52 frames are %i", (bytes, layers) => {
    const fitting = layersWithin(codes, "t12", bytes);
    expect(fitting.layers).toBe(layers);
    expect(fitting.data).toEqual(codes.firstLayers(layers).data);
    expect(serializeCodes(fitting, "t12").length).toBeLessThanOrEqual(bytes);
    expect(serializeCodes(codes.firstLayers(layers + 1), "t12").length).toBeGreaterThan(bytes);
  });

  it("are counted in other formats too", () => {
    expect(layersWithin(codes, "npy", 128 + 2 * FRAMES * 5).layers).toBe(5);
  });

  it("say how many bytes a single layer takes where it does not fit", () => {
    expect(() => layersWithin(codes, "t12", packedBytes(FRAMES, 11))).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => layersWithin(codes, "t12", 10)).toThrow(/into 10 bytes: one layer alone takes \d+/);
  });
});
