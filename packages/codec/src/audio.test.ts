import { describe, expect, it } from "vitest";
import { Audio } from "./audio.ts";

describe("audio", () => {
  it("is a view of the samples, and knows how long it lasts", () => {
    const samples = new Float32Array(36_000);
    const audio = new Audio(samples, 24_000);
    expect(audio.samples).toBe(samples);
    expect(audio.durationSeconds).toBe(1.5);
    expect(new Audio(new Float32Array(0), 1).durationSeconds).toBe(0);
  });

  it("has a rate from 1 to 768000 Hz", () => {
    for (const rate of [1, 8000, 22_050.5, 768_000]) expect(new Audio(new Float32Array(1), rate).sampleRate).toBe(rate);
    for (const rate of [0, -8000, 0.5, 768_001, Infinity, Number.NaN]) {
      expect(() => new Audio(new Float32Array(1), rate)).toThrow(
        new RangeError(`Cannot make audio at ${rate} Hz: the sample rate must be 1 to 768000 Hz`),
      );
    }
  });
});
