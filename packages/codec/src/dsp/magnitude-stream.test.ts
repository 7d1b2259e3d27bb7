import { describe, expect, it } from "vitest";
import { RealFft } from "./fft.ts";
import { BINS, HOP, WINDOW, WINDOW_SIZE, WINDOW_SQUARE_SUM } from "./frames.ts";
import { MagnitudeStream } from "./magnitude-stream.ts";

describe("the short-time spectrum", () => {
  it("has windows whose squares add up to a constant over all hops", () => {
    for (let i = 0; i < HOP; i++) {
      const sum = [0, 1, 2, 3].reduce((s, step) => s + WINDOW[i + step * HOP] ** 2, 0);
      expect(sum).toBeCloseTo(WINDOW_SQUARE_SUM, 12);
    }
  });

  it("has a steady tone at its bin with half of the window's sum, 240, once the window is full", async () => {
    const stream = new MagnitudeStream(await RealFft.create(WINDOW_SIZE));
    const out = new Float64Array(BINS);
    const bin = 40; // 1000 Hz
    for (let t = 0; t < 8; t++) {
      stream.step(
        Float32Array.from({ length: HOP }, (_, i) => Math.cos((2 * Math.PI * bin * (t * HOP + i)) / WINDOW_SIZE)),
        out,
      );
    }
    expect(out[bin]).toBeCloseTo(240, 2);
    expect(out[bin - 1]).toBeCloseTo(120, 2); // the Hann window has half of its height beside it
    expect(out[bin + 2]).toBeCloseTo(0, 2);
  });

  it("is silent before the clip, and after a reset", async () => {
    const stream = new MagnitudeStream(await RealFft.create(WINDOW_SIZE));
    const [first, again] = [new Float64Array(BINS), new Float64Array(BINS)];
    const noise = Float32Array.from({ length: HOP }, (_, i) => Math.sin(i * i));
    stream.step(noise, first);
    stream.step(noise, again);
    expect(again).not.toEqual(first);
    stream.reset();
    stream.step(noise, again);
    expect(again).toEqual(first);
  });
});
