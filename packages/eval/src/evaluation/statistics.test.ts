import { describe, expect, it } from "vitest";
import { meanInterval, studentQuantile } from "./statistics.ts";

describe("the interval of a mean", () => {
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [9, 2.262],
    [30, 2.042],
    [61, 2.0],
    [120, 1.98],
  ])("uses the quantile of Student's t for %i degrees of freedom, as printed in tables", (freedom, printed) => {
    expect(studentQuantile(freedom)).toBeCloseTo(printed, 3);
  });

  it("tends to that of the normal distribution", () => {
    expect(studentQuantile(100_001)).toBeCloseTo(1.96, 3);
  });

  it("is computed from the deviation of the sample: Student's data on sleep, 1908", () => {
    const hoursMore = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
    const { mean, halfWidth, count } = meanInterval(hoursMore) ?? { mean: 0, halfWidth: 0, count: 0 };
    expect(count).toBe(10);
    expect(mean).toBeCloseTo(1.58, 10);
    expect(mean - halfWidth).toBeCloseTo(0.7001, 4);
    expect(mean + halfWidth).toBeCloseTo(2.4599, 4);
  });

  it("is unknown for no value, and has no width for one", () => {
    expect(meanInterval([])).toBeUndefined();
    expect(meanInterval([3])).toEqual({ mean: 3, halfWidth: 0, count: 1 });
  });
});
