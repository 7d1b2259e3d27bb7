import { expect, test } from "vitest";
import { secondsLeft } from "./work-progress.tsx";

test("what is left goes on at the pace of what was done", () => {
  expect(secondsLeft(0.25, 10)).toBe(30);
  expect(secondsLeft(1, 10)).toBe(0);
});

test("nothing is said before the pace is known", () => {
  expect(secondsLeft(0, 10)).toBeUndefined();
  expect(secondsLeft(0.5, 1)).toBeUndefined();
});
