import { expect, it } from "vitest";
import { codebookThirds } from "./codebook-thirds.ts";
import { shuffled } from "./shuffled.ts";

const FRAMES = 3000;
const codes = shuffled(
  Int16Array.from({ length: FRAMES }, (_, i) => i % 30),
  2,
);
const clips = Int32Array.from({ length: FRAMES }, (_, i) => Math.floor(i / 100));
const level = Float64Array.from(codes, (code) => code % 7);
const quantities = { voicing: level, energy: level, f0: level, centroid: new Float64Array(FRAMES).fill(Number.NaN) };

it("a codebook that is ordered by kind is found out", () => {
  const kinds = Uint8Array.from(codes, (code) => (code < 10 ? 1 : code < 20 ? 3 : 2));
  const { parts, kind } = codebookThirds({ codes, kinds, clips, quantities }, 30);
  expect(parts.map(({ from, to }) => [from, to])).toEqual([
    [0, 10],
    [10, 20],
    [20, 30],
  ]);
  expect(parts.map(({ kinds: shares }) => shares)).toEqual([
    [0, 1, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 1, 0],
  ]);
  expect(kind.bits).toBeCloseTo(kind.ofBits, 6);
  for (const { share, heldOut } of parts) {
    expect(share).toBeCloseTo(1 / 3, 2);
    expect(heldOut.energy).toBeGreaterThan(0.95);
    expect(heldOut.centroid).toBeNaN();
  }
});

it("a codebook in no order tells nothing by its thirds", () => {
  const kinds = Uint8Array.from({ length: FRAMES }, (_, i) => i % 4);
  const { kind } = codebookThirds({ codes, kinds, clips, quantities }, 30);
  expect(kind.ofBits).toBeCloseTo(2, 3);
  expect(kind.bits).toBeLessThan(0.01);
});
