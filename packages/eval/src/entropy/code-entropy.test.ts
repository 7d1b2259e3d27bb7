import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { codeEntropy } from "./code-entropy.ts";

const V = 16;

/** Uniform numbers below `n`, always the same (Park and Miller 1988). */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => ((state = (state * 48_271) % 2_147_483_647) >>> 8) % n;
}

function clips(count: number, frames: number, frame: (random: (n: number) => number, before: readonly number[]) => number[]): Codes[] {
  const random = dice(7);
  return Array.from({ length: count }, () => {
    let last = [0, 0];
    const rows = Array.from({ length: frames }, () => (last = frame(random, last)));
    return new Codes(Int16Array.from(rows.flat()), 2, { codebookSize: V });
  });
}

const bits = (codes: readonly Codes[], training?: readonly Codes[]): Record<string, readonly number[]> =>
  Object.fromEntries(codeEntropy(codes, { training }).contexts.map(({ context, bitsByLayer }) => [context, bitsByLayer]));

describe("codeEntropy", () => {
  it("finds nothing to save in codes that are drawn evenly, and no context claims otherwise", () => {
    const found = bits(clips(10, 400, (random) => [random(V), random(V)]));
    for (const layers of Object.values(found)) for (const b of layers) expect(Math.abs(b - 4)).toBeLessThan(0.06);
  });

  it("finds that one code in two is always the same", () => {
    const found = bits(clips(10, 400, (random) => [random(2) ? 3 : random(V), random(V)]));
    const p = 0.5 + 0.5 / V;
    const entropy = -p * Math.log2(p) - (1 - p) * Math.log2(0.5 / V);
    expect(Math.abs(found["none"][0] - entropy)).toBeLessThan(0.06);
    expect(Math.abs(found["none"][1] - 4)).toBeLessThan(0.06);
  });

  it("finds what the frame before tells, and what the layer before tells", () => {
    const found = bits(clips(10, 400, (random, [before]) => [(before + random(2)) % V, random(V)]));
    expect(found["previous frame"][0]).toBeLessThan(1.3);
    expect(found["previous layer"][0]).toBeGreaterThan(3.7);
    const copied = bits(clips(10, 400, (random) => ((first) => [first, (first * 5) % V])(random(V))));
    expect(copied["previous layer"][1]).toBeLessThan(0.4);
    expect(copied["both"][1]).toBeLessThan(0.5);
    expect(copied["previous frame"][1]).toBeGreaterThan(3.9);
  });

  it("finds what only both contexts together tell", () => {
    const found = bits(clips(20, 800, (random, [, before]) => ((first) => [first, (before + first) % V])(random(V))));
    expect(found["both"][1]).toBeLessThan(1);
    expect(found["previous frame"][1]).toBeGreaterThan(3.9);
    expect(found["previous layer"][1]).toBeGreaterThan(3.9);
  });

  it("the entropy of the counts is too low where contexts are seldom seen twice", () => {
    const [even] = [codeEntropy(clips(2, 100, (random) => [random(V), random(V)]))];
    const both = even.contexts.find(({ context }) => context === "both");
    expect(both?.plugInByLayer[1]).toBeLessThan(1);
    expect(both?.bitsByLayer[1]).toBeGreaterThan(3.9);
  });

  it("learns from other clips where they are given", () => {
    const all = clips(12, 50, (random) => [3 + random(2), random(V)]);
    expect(bits(all.slice(0, 2), all.slice(2))["none"][0]).toBeLessThan(bits(all.slice(0, 1))["none"][0]);
    expect(codeEntropy(all.slice(0, 2), { training: all.slice(2) })).toMatchObject({
      clips: 2,
      frames: 100,
      trainingFrames: 500,
      rawBitsPerCode: 4,
    });
  });

  it("codes of one clip are coded by what came before in it", () => {
    const [clip] = clips(1, 500, () => [5, 9]);
    expect(codeEntropy([clip])).toMatchObject({ trainingFrames: 0 });
    expect(bits([clip])["none"][0]).toBeLessThan(0.5);
  });

  it("refuses no codes, and codes of two models", () => {
    expect(() => codeEntropy([])).toThrow(/there are no frames/);
    const other = new Codes(Int16Array.of(1, 2, 3), 3, { codebookSize: V });
    expect(() => codeEntropy([...clips(1, 3, () => [1, 2]), other])).toThrow(/2 layers of 16 and 3 layers of 16: all clips/);
  });
});
