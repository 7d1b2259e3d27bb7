import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floatsOfHalves, roundToHalves } from "./float16.ts";

function rounded(...floats: number[]): { halves: number[]; isExact: boolean } {
  const halves = new Uint16Array(floats.length);
  const isExact = roundToHalves(Float32Array.from(floats), halves);
  return { halves: [...halves], isExact };
}

/** Distances of a number to what 16 bits have below and above it. */
function steps(bits: number): number[] {
  return [-1, 1].map((step) => floatsOfHalves(Uint16Array.of(bits + step))[0]);
}

describe("floats of 16 bits", () => {
  it("come back as they were, all of them", () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);
    const back = new Uint16Array(all.length);
    expect(roundToHalves(floatsOfHalves(all), back)).toBe(true);
    expect(back).toEqual(all);
  });

  it("are the values that IEEE 754 names, ties to even, and not a number where there is none", () => {
    const cases = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519.99, 0x7bff],
      [65520, 0x7c00], // a tie, to the even one: infinity
      [1e9, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000], // a tie
      [3 * 2 ** -25, 0x0002], // a tie
      [2 ** -14, 0x0400],
      [2 ** -14 - 2 ** -26, 0x0400], // up to the least normal one
      [1 + 2 ** -11, 0x3c00], // a tie
      [1 + 3 * 2 ** -11, 0x3c02], // a tie
    ];
    expect(rounded(...cases.map(([float]) => float)).halves).toEqual(cases.map(([, half]) => half));
    expect(rounded(Number.NaN).halves[0] & 0x7fff).toBeGreaterThan(0x7c00);
    expect([rounded(1.5, 0, -Infinity).isExact, rounded(1.5, 0.1).isExact, rounded(1e-7).isExact, rounded(7e4).isExact]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("are the nearest", () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-65504), max: 65504, noNaN: true }), (float) => {
        const [half] = rounded(float).halves;
        const error = Math.abs(floatsOfHalves(Uint16Array.of(half))[0] - float);
        if ((half & 0x7fff) === 0 || (half & 0x7fff) >= 0x7bff) return error <= 16;
        return steps(half).every((other) => error <= Math.abs(other - float));
      }),
    );
  });
});
