import { describe, expect, it } from "vitest";
import { following, lengthOf, moved, partBetween, zoomed } from "./part.ts";

describe("a view of a clip of 10 s", () => {
  const all = { start: 0, end: 10 };

  it("is zoomed around a moment, which stays where it is", () => {
    expect(zoomed(all, 2, 4, 10)).toEqual({ start: 2, end: 7 });
    expect(zoomed({ start: 2, end: 7 }, 1 / 2, 4, 10)).toEqual(all);
  });

  it("stays within the clip, whole or closest", () => {
    expect(zoomed({ start: 8, end: 9 }, 1 / 4, 8.5, 10)).toEqual({ start: 6, end: 10 });
    expect(zoomed(all, 1 / 2, 5, 10)).toEqual(all);
    expect(lengthOf(zoomed(all, 1e6, 5, 10))).toBeCloseTo(0.1, 9);
    expect(moved({ start: 2, end: 4 }, 100, 10)).toEqual({ start: 8, end: 10 });
    expect(moved({ start: 2, end: 4 }, -100, 10)).toEqual({ start: 0, end: 2 });
  });

  it("goes on to the next page where it plays", () => {
    expect(following({ start: 2, end: 4 }, 3, 10)).toEqual({ start: 2, end: 4 });
    expect(following({ start: 2, end: 4 }, 4.1, 10)).toEqual({ start: 4.1, end: 6.1 });
    expect(following({ start: 2, end: 4 }, 9.5, 10)).toEqual({ start: 8, end: 10 });
    expect(following({ start: 2, end: 4 }, 0, 10)).toEqual({ start: 0, end: 2 });
  });
});

describe("what lies between two moments", () => {
  it("is the same from either side, and within the clip", () => {
    expect(partBetween(3, 1, 10)).toEqual({ start: 1, end: 3 });
    expect(partBetween(-1, 12, 10)).toEqual({ start: 0, end: 10 });
  });

  it("is nothing where it is too short to be played", () => {
    expect(partBetween(3, 3.01, 10)).toBeUndefined();
    expect(partBetween(10.5, 11, 10)).toBeUndefined();
  });
});
