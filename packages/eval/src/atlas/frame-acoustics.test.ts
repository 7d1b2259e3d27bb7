import { Audio } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { entryAcoustics } from "./entry-acoustics.ts";
import { FRAME_KINDS, frameAcoustics } from "./frame-acoustics.ts";

const RATE = 24_000;
const FRAME = 1920;

/** Half a second each of silence, hiss, a voice of 150 Hz with harmonics, and silence. */
function phrase(): Audio {
  let state = 7;
  const hiss = (): number => (state = (state * 48_271) % 2_147_483_647) / 2 ** 30 - 1;
  const sample = (n: number): number => {
    const part = Math.floor(n / 12_000);
    if (part === 1) return 0.1 * hiss();
    if (part === 2) return [1, 2, 3, 4].reduce((sum, k) => sum + (0.2 / k) * Math.sin((2 * Math.PI * 150 * k * n) / RATE), 0);
    return 0;
  };
  return new Audio(
    Float32Array.from({ length: 48_000 }, (_, n) => sample(n)),
    RATE,
  );
}

const found = frameAcoustics(phrase(), FRAME);

describe("frameAcoustics", () => {
  it("has one value for each frame", () => {
    for (const values of Object.values(found)) expect(values).toHaveLength(25);
    expect(frameAcoustics(new Audio(new Float32Array(FRAME + 1), RATE), FRAME).energy).toHaveLength(2);
  });

  it("a voice is voiced, has its F0, and a low centroid", () => {
    expect(found.voicing[15]).toBe(1);
    expect(found.f0[15]).toBeCloseTo(150, 0);
    expect(found.centroid[15]).toBeGreaterThan(150);
    expect(found.centroid[15]).toBeLessThan(250);
    expect(FRAME_KINDS[found.kind[15]]).toBe("voiced");
  });

  it("hiss has no F0, a centroid in the middle of the band, and begins with an onset", () => {
    expect(found.voicing[9]).toBe(0);
    expect(found.f0[9]).toBeNaN();
    expect(Math.abs(found.centroid[9] - 6000)).toBeLessThan(400);
    expect(found.energy[9]).toBeCloseTo(20 * Math.log10(0.1 / Math.sqrt(3)), 0);
    expect([6, 9].map((t) => FRAME_KINDS[found.kind[t]])).toEqual(["unvoiced onset", "other unvoiced"]);
  });

  it("silence is a pause without a centroid", () => {
    expect(FRAME_KINDS[found.kind[2]]).toBe("pause");
    expect(found.centroid[2]).toBeNaN();
    expect(found.energy[2]).toBe(-90);
  });
});

describe("entryAcoustics", () => {
  it("gives each entry the mean of the frames that chose it, and the length of its runs", () => {
    const codes = Int16Array.from({ length: 25 }, (_, t) => (t < 6 ? 0 : t < 12 ? 1 : t < 18 ? 2 : 0));
    const entries = entryAcoustics([{ codes, acoustics: found }], 4);
    expect([...entries.count]).toEqual([13, 6, 6, 0]);
    expect(entries.run[0]).toBeCloseTo(6.5, 9);
    expect(entries.f0[2]).toBeCloseTo(150, 0);
    expect(entries.voicing[1]).toBeLessThan(0.2);
    expect(entries.centroid[1]).toBeGreaterThan(entries.centroid[2]);
    expect([entries.energy[3], entries.f0[3], entries.run[3]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});
