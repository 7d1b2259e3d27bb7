import { describe, expect, it } from "vitest";
import { timeTicks } from "./time-ticks.ts";

describe("marks of a time axis", () => {
  it.each([0.8, 3, 12.5, 50, 450])("have room for their labels at %f pixels a second", (pixelsPerSecond) => {
    const ticks = timeTicks(pixelsPerSecond, 0, 1000, 300);
    expect(ticks.length).toBeGreaterThan(2);
    for (let i = 1; i < ticks.length; i++) expect(ticks[i].x - ticks[i - 1].x).toBeGreaterThanOrEqual(45);
  });

  it("lie in the window and within the clip", () => {
    expect(timeTicks(50, 75, 200, 4).map(({ seconds, x }) => [seconds, x])).toEqual([
      [2, 25],
      [4, 125],
    ]);
  });

  it("are round numbers of seconds", () => {
    expect(timeTicks(450, 0, 300, 10).map(({ seconds }) => seconds)).toEqual([0, 0.2, 0.4, 0.6]);
  });
});
