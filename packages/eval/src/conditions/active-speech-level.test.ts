import { Audio } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { clipOf, mapped, noise } from "@twelvehz/test-support/signals.ts";
import { activeSpeechLevel } from "./active-speech-level.ts";

describe("activeSpeechLevel", () => {
  const random = noise(5);
  const steady = clipOf(4, () => 0.3 * random());
  const steadyLevel = 20 * Math.log10(0.3 / Math.sqrt(3));

  it("is the RMS of sound without pauses", () => {
    expect(activeSpeechLevel(steady)).toBeCloseTo(steadyLevel, 1);
  });

  it("leaves long pauses out, but for the 200 ms that follow the sound", () => {
    const halves = mapped(steady, (x, i) => (i < 2 * 24_000 ? x : 0));
    expect(activeSpeechLevel(halves)).toBeLessThan(steadyLevel);
    expect(activeSpeechLevel(halves)).toBeGreaterThan(steadyLevel - 10 * Math.log10(2.35 / 2));
  });

  it("counts short pauses as speech", () => {
    const bursts = mapped(steady, (x, i) => (i % 4800 < 2400 ? x : 0));
    expect(activeSpeechLevel(bursts)).toBeCloseTo(steadyLevel - 10 * Math.log10(2), 1);
  });

  it("moves with the gain, however quiet the clip", () => {
    const level = activeSpeechLevel(steady)!;
    for (const gain of [1e-4, 0.1, 3])
      expect(activeSpeechLevel(mapped(steady, (x) => gain * x))).toBeCloseTo(level + 20 * Math.log10(gain), 3);
  });

  it("hardly notices weak noise in the pauses", () => {
    const halves = mapped(steady, (x, i) => (i < 2 * 24_000 ? x : 0));
    const noisy = mapped(halves, (x) => x + 0.001 * random());
    expect(activeSpeechLevel(noisy)).toBeCloseTo(activeSpeechLevel(halves)!, 1);
  });

  it("is undefined for silence and for nothing", () => {
    expect(activeSpeechLevel(new Audio(new Float32Array(24_000), 24_000))).toBeUndefined();
    expect(activeSpeechLevel(new Audio(new Float32Array(0), 24_000))).toBeUndefined();
  });
});
