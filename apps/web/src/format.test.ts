import { expect, test } from "vitest";
import { formatBitRate, formatBytes, formatNumber, formatTime } from "./format.ts";

test("times have minutes, seconds and tenths, and are cut, not rounded up", () => {
  expect([0, 5.27, 59.99, 60, 305.2, -1].map(formatTime)).toEqual(["0:00.0", "0:05.2", "0:59.9", "1:00.0", "5:05.2", "0:00.0"]);
});

test("numbers have groups of three", () => {
  expect(formatNumber(123)).toBe("123");
  expect(formatNumber(1_234_567.891, 2)).toBe("1\u202f234\u202f567.89");
});

test("bytes are counted in powers of 1000", () => {
  expect([812, 4123, 3_200_000].map(formatBytes)).toEqual(["812\u202fB", "4.1\u202fkB", "3.2\u202fMB"]);
});

test("low rates have two digits", () => {
  expect([2200, 64_000, 384_000].map(formatBitRate)).toEqual(["2.20\u202fkbit/s", "64.00\u202fkbit/s", "384\u202fkbit/s"]);
});
