import { describe, expect, it } from "vitest";
import { explainedShare } from "./explained-share.ts";
import { shuffled } from "./shuffled.ts";

const FRAMES = 4000;
const ENTRIES = 50;
const codes = shuffled(
  Int16Array.from({ length: FRAMES }, (_, i) => i % ENTRIES),
  3,
);
const clips = Int32Array.from({ length: FRAMES }, (_, i) => Math.floor(i / 400));
/** Even numbers from -1 to 1 that have nothing to do with the codes: Park and Miller 1988. */
let state = 7;
const noise = Float64Array.from({ length: FRAMES }, () => (state = (state * 48_271) % 2_147_483_647) / 2 ** 30 - 1);

describe("explainedShare", () => {
  it("is all where the entry fixes the value", () => {
    const found = explainedShare({ codes, clips, values: Float64Array.from(codes, (code) => Math.sin(code)) });
    expect(found?.etaSquared).toBeCloseTo(1, 9);
    expect(found?.aboveChance).toBeCloseTo(1, 9);
    expect(found?.heldOut).toBeGreaterThan(0.99);
    expect(found?.frames).toBe(FRAMES);
  });

  it("is chance where the value has nothing to do with the entry, however many entries there are", () => {
    const found = explainedShare({ codes, clips, values: noise });
    expect(found?.byChance).toBeCloseTo((ENTRIES - 1) / (FRAMES - 1), 2);
    expect(Math.abs(found?.aboveChance ?? 1)).toBeLessThan(0.02);
    expect(found?.heldOut).toBeLessThan(0.01);
    const rare = explainedShare({ codes: Int16Array.from({ length: FRAMES }, (_, i) => Math.floor(i / 2)), clips, values: noise });
    expect(rare?.etaSquared).toBeGreaterThan(0.4);
    expect(rare?.heldOut).toBeLessThan(0.01);
  });

  it("is the part of the variance that comes from the entry", () => {
    const values = Float64Array.from(codes, (code, i) => (code % 2 === 0 ? 1 : -1) + Math.sqrt(3) * noise[i]);
    const found = explainedShare({ codes, clips, values });
    expect(found?.aboveChance).toBeCloseTo(0.5, 1);
    expect(found?.heldOut).toBeCloseTo(0.5, 1);
  });

  it("leaves out frames in which the value is not defined, and says nothing where there is nothing to say", () => {
    const values = Float64Array.from(codes, (code, i) => (i % 4 === 0 ? Number.NaN : code));
    expect(explainedShare({ codes, clips, values })).toMatchObject({ frames: (3 * FRAMES) / 4 });
    expect(explainedShare({ codes, clips, values: new Float64Array(FRAMES).fill(Number.NaN) })).toBeUndefined();
    expect(explainedShare({ codes, clips, values: new Float64Array(FRAMES).fill(2) })).toBeUndefined();
  });

  it("does not predict from one clip alone", () => {
    expect(explainedShare({ codes, clips: new Int32Array(FRAMES), values: noise })?.heldOut).toBeNaN();
  });
});
