import { expect, it } from "vitest";
import { principalPlane } from "./principal-plane.ts";

/** Points on a tilted ellipse in four dimensions, with axes 3 and 1. */
const angles = Array.from({ length: 200 }, (_, i) => (2 * Math.PI * i) / 200);
const rows = Float32Array.from(
  angles.flatMap((angle) => {
    const [long, short] = [3 * Math.cos(angle), Math.sin(angle)];
    return [5 + 0.6 * long, 0.8 * long, short, 1];
  }),
);

it("finds the two axes of an ellipse, the longer first, around the middle", () => {
  const { x, y, shares } = principalPlane(rows, 4);
  expect(Math.max(...x)).toBeCloseTo(3, 4);
  expect(Math.min(...x)).toBeCloseTo(-3, 4);
  expect(Math.max(...y)).toBeCloseTo(1, 4);
  expect(shares[0]).toBeCloseTo(0.9, 4);
  expect(shares[1]).toBeCloseTo(0.1, 4);
});

it("points that are all the same lie in the middle", () => {
  const { x, y, shares } = principalPlane(new Float32Array(40).fill(2), 4);
  expect([...x, ...y].every((value) => Math.abs(value) < 1e-9)).toBe(true);
  expect(shares).toEqual([0, 0]);
});
