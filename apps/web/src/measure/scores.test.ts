import { expect, test } from "vitest";
import { fitted } from "./scores.ts";

test("a clip is cut or filled with silence to the length of the original", () => {
  expect([...fitted(Float32Array.of(1, 2, 3), 2)]).toEqual([1, 2]);
  expect([...fitted(Float32Array.of(1, 2, 3), 5)]).toEqual([1, 2, 3, 0, 0]);
});
