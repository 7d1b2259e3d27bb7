import { expect, test } from "vitest";
import { waveformPath } from "./waveform-path.ts";

function pointsOf(path: string): number[][] {
  return path
    .slice(1, -1)
    .split("L")
    .map((point) => point.split(" ").map(Number));
}

test("the upper edge goes right along the maxima, the lower edge comes back along the minima", () => {
  const points = pointsOf(waveformPath(Float32Array.of(0, 0.5, -1, 0), 2));
  expect(points).toEqual([
    [0, 0.52],
    [1, 1],
    [1, 1.96],
    [0, 1],
  ]);
});

test("what is beyond full scale is cut", () => {
  expect(pointsOf(waveformPath(Float32Array.of(9), 1))).toEqual([
    [0, 0.04],
    [0, 0.04],
  ]);
});

test("a clip with fewer samples than columns fills all columns, an empty one has no outline", () => {
  expect(pointsOf(waveformPath(Float32Array.of(0.1, 0.2), 5))).toHaveLength(10);
  expect(waveformPath(new Float32Array(), 5)).toBe("");
});
