import { Audio } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { filterByGain } from "./magnitude-filter.ts";
import { playback } from "./playback.ts";
import { telephoneBand } from "./telephone-band.ts";

/**
 * What a filter does to a tone, dB, away from the ends of the clip. Only what comes out in phase
 * counts.
 */
function gainOf(filter: (clip: Audio) => Audio, hertz: number, sampleRate = 24_000): number {
  const tone = Float32Array.from({ length: sampleRate / 2 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / sampleRate));
  const out = filter(new Audio(tone, sampleRate)).samples;
  let [own, common] = [0, 0];
  for (let n = Math.round(0.1 * sampleRate); n < 0.4 * sampleRate; n++) {
    own += tone[n] * tone[n];
    common += tone[n] * out[n];
  }
  return 20 * Math.log10(Math.abs(common / own));
}

describe("filterByGain", () => {
  const curve = [
    [100, 0],
    [1000, -10],
    [4000, 5],
  ] as const;

  it.each([8000, 24_000, 44_100])("follows the curve, in phase, at %i Hz", (sampleRate) => {
    for (const [hertz, decibels] of [
      [50, 0],
      [1000, -10],
      [2000, -2.5],
      [3900, 4.7],
    ])
      expect(gainOf((clip) => filterByGain(clip, curve), hertz, sampleRate)).toBeCloseTo(decibels, 0);
  });

  it("delays nothing: an impulse stays the largest sample in its place", () => {
    const impulse = new Float32Array(4800);
    impulse[2000] = 1;
    const out = filterByGain(new Audio(impulse, 24_000), curve).samples;
    expect(out.indexOf(Math.max(...out))).toBe(2000);
    expect(out[1995]).toBeCloseTo(out[2005], 6);
  });

  it("takes clips that are shorter than the filter", () => {
    expect(filterByGain(new Audio(new Float32Array([0.5]), 24_000), curve).samples.length).toBe(1);
    expect(filterByGain(new Audio(new Float32Array(0), 24_000), curve).samples.length).toBe(0);
  });
});

describe("telephoneBand", () => {
  const through = (hertz: number): number => gainOf((clip) => telephoneBand().apply(clip, ""), hertz);

  it("is 3 dB down at most at 300 and 3400 Hz, and flat between 400 and 3200 Hz", () => {
    for (const hertz of [300, 3400]) expect(through(hertz)).toBeGreaterThan(-3);
    for (const hertz of [400, 1000, 2000, 3200]) expect(Math.abs(through(hertz))).toBeLessThan(0.5);
  });

  it("takes 40 dB and more from what lies outside", () => {
    for (const hertz of [50, 150, 4000, 6000, 11_000]) expect(through(hertz)).toBeLessThan(-40);
  });
});

describe("playback", () => {
  const at = (device: "phone" | "PC" | "smart speaker", hertz: number): number => gainOf((clip) => playback(device).apply(clip, ""), hertz);

  it("gives a phone no bass, a PC little, and a smart speaker all of it", () => {
    expect(at("phone", 200)).toBeLessThan(-20);
    expect(at("PC", 200)).toBeLessThan(-6);
    expect(at("PC", 200)).toBeGreaterThan(-20);
    expect(at("smart speaker", 200)).toBeGreaterThan(0);
  });

  it("passes the middle of speech on every device", () => {
    for (const device of ["phone", "PC", "smart speaker"] as const) expect(Math.abs(at(device, 1500))).toBeLessThan(3.5);
  });

  it("happens after the codec", () => {
    expect(playback("phone").stage).toBe("playback");
    expect(telephoneBand().stage ?? "input").toBe("input");
  });
});
