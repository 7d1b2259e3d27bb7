import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { paintCodes } from "./paint-codes.ts";

const colors = Uint8Array.from([10, 20, 30, 40, 50, 60, 70, 80, 90]);
/** Three frames of two layers; codebooks of three entries, one for each colour. */
const codes = new Codes(Int16Array.from([0, 2, 1, 1, 2, 0]), 2, { codebookSize: 3 });
const view = { frames: 3, width: 8, zoom: 2, scroll: 0 };

function colorAt(pixels: Uint8ClampedArray, layer: number, x: number): number[] {
  return Array.from(pixels.subarray(4 * (layer * view.width + x), 4 * (layer * view.width + x) + 4));
}

describe("the picture of codes", () => {
  it("has one row for each layer and as many pixels for a frame as the zoom says", () => {
    const pixels = paintCodes(codes, view, [true, true], colors);
    expect([0, 1, 2, 3, 4, 5].map((x) => colorAt(pixels, 0, x)[0])).toEqual([10, 10, 40, 40, 70, 70]);
    expect([0, 2, 4].map((x) => colorAt(pixels, 1, x)[0])).toEqual([70, 40, 10]);
  });

  it("is transparent beyond the clip", () => {
    expect(colorAt(paintCodes(codes, view, [true, true], colors), 0, 6)).toEqual([0, 0, 0, 0]);
  });

  it("shows layers that are off faintly", () => {
    const pixels = paintCodes(codes, view, [true, false], colors);
    expect(colorAt(pixels, 0, 0)[3]).toBe(255);
    expect(colorAt(pixels, 1, 0)[3]).toBeLessThan(100);
    expect(colorAt(pixels, 1, 0)[3]).toBeGreaterThan(0);
  });

  it("shows one of the frames that share a pixel", () => {
    const many = new Codes(
      Int16Array.from({ length: 64 }, (_, i) => i % 3),
      1,
      { codebookSize: 3 },
    );
    const pixels = paintCodes(many, { frames: 64, width: 8, zoom: 1 / 8, scroll: 0 }, [true], colors);
    for (let x = 0; x < 8; x++) expect([10, 40, 70]).toContain(colorAt(pixels, 0, x)[0]);
  });

  it("begins where the view is scrolled to", () => {
    const pixels = paintCodes(codes, { ...view, scroll: 2 }, [true, true], colors);
    expect(colorAt(pixels, 0, 0)[0]).toBe(40);
  });
});
