import { describe, expect, it } from "vitest";
import { SeededRandom } from "./seeded-random.ts";

const drawn = (key: string, count: number, draw: (random: SeededRandom) => number): number[] => {
  const random = new SeededRandom(key);
  return Array.from({ length: count }, () => draw(random));
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("SeededRandom", () => {
  it("gives the same numbers for the same key, and others for another", () => {
    const uniform = (random: SeededRandom): number => random.uniform();
    expect(drawn("clip 1", 50, uniform)).toEqual(drawn("clip 1", 50, uniform));
    expect(drawn("clip 1", 50, uniform)).not.toEqual(drawn("clip 2", 50, uniform));
  });

  it("spreads the first number of near keys over the whole range", () => {
    const first = Array.from({ length: 2000 }, (_, i) => new SeededRandom(`clip ${i}`).uniform());
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = first.filter((value) => Math.floor(value * 10) === tenth).length;
      expect(count).toBeGreaterThan(140); // 200 are expected, with a standard deviation of 13
      expect(count).toBeLessThan(260);
    }
  });

  it("draws whole numbers below a count, each as often", () => {
    const values = drawn("dice", 6000, (random) => random.below(6));
    for (let side = 0; side < 6; side++) expect(Math.abs(values.filter((value) => value === side).length - 1000)).toBeLessThan(150);
  });

  it("draws a normal distribution", () => {
    const values = drawn("normal", 40_000, (random) => random.normal());
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(mean(values.map((value) => value ** 4))).toBeGreaterThan(2.8); // 3 for the normal distribution, 1.8 for the uniform
    expect(Math.abs(mean(values.slice(1).map((value, i) => value * values[i])))).toBeLessThan(0.02);
  });
});
