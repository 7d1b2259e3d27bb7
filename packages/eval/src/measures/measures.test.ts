import { Audio, CodecError } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import type { MeasureFamily } from "./measure.ts";
import { chooseMeasures, FAMILIES, MEASURES, measurePair } from "./measures.ts";

const RATE = 24_000;
const ALL = new Set(MEASURES.map(({ id }) => id));

/** A gliding tone with a pause in its middle, louder and softer three times a second. */
function tone(seconds: number, gain = 0.3): Audio {
  const samples = Float32Array.from({ length: seconds * RATE }, (_, n) => {
    const t = n / RATE;
    const isPause = t > 0.8 && t < 1.1;
    return isPause ? 0 : gain * Math.sin(2 * Math.PI * (180 + 40 * t) * t) * (0.6 + 0.4 * Math.sin(6 * Math.PI * t));
  });
  return new Audio(samples, RATE);
}

describe("the registry of measures", () => {
  it("has ids that are unique and are columns of CSV", () => {
    const ids = MEASURES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]+$/.test(id))).toEqual([]);
  });

  it("says of every measure what it is", () => {
    expect(MEASURES.filter(({ label, description }) => label === "" || description.length < 15)).toEqual([]);
  });

  it("finds no fault in a clip that came back as it was", async () => {
    const values = await measurePair(FAMILIES, ALL, tone(2), tone(2));
    for (const { id, better } of MEASURES.filter(({ id }) => id in values && id !== "pauseNoise"))
      if (better !== "higher") expect([id, values[id]]).toEqual([id, 0]);
    expect(values["stoi"]).toBeCloseTo(1, 6);
  });

  it("leaves out what is undefined or not finite", async () => {
    expect(await measurePair(FAMILIES, ALL, tone(0.4), tone(0.4))).toEqual({});
    const silence = new Audio(new Float32Array(2 * RATE), RATE);
    expect(await measurePair(FAMILIES, ALL, silence, silence)).toEqual({});
    expect(await measurePair(FAMILIES, new Set(["siSdr", "level"]), tone(2), tone(2))).toEqual({ level: 0 });
  });

  it("refuses clips of different lengths and samples that are no numbers", async () => {
    await expect(measurePair(FAMILIES, ALL, tone(2), tone(1))).rejects.toThrow(/one length/);
    const broken = tone(2);
    broken.samples[5] = Number.NaN;
    await expect(measurePair(FAMILIES, ALL, tone(2), broken)).rejects.toMatchObject({ code: "bad-audio" });
  });

  it("computes only the families that are asked for", async () => {
    let calls = 0;
    const measures = [{ ...MEASURES[0], id: "extra", shortestSeconds: 1 }];
    const extra: MeasureFamily = { measures, compute: async () => ({ extra: ++calls, other: 1 }) };
    expect(await measurePair([extra], new Set(["stoi"]), tone(2), tone(2))).toEqual({});
    expect(await measurePair([extra], new Set(["extra"]), tone(0.9), tone(0.9))).toEqual({});
    expect(calls).toBe(0);
    expect(await measurePair([extra], new Set(["extra"]), tone(2), tone(2))).toEqual({ extra: 1 });
  });

  it("chooses by id, in its own order, and refuses what it does not know", () => {
    expect(chooseMeasures(["stoi", "pesqWb", "stoi"]).map(({ id }) => id)).toEqual(["pesqWb", "stoi"]);
    expect(chooseMeasures(["main"])).toEqual(MEASURES.filter(({ main }) => main));
    expect(chooseMeasures()).toEqual(MEASURES);
    expect(() => chooseMeasures(["pesq"])).toThrow(CodecError);
    expect(() => chooseMeasures([])).toThrow(/at least one/);
  });
});
