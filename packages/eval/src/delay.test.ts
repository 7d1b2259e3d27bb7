import { Audio, CodecError, resample } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { clipOf, mapped, noise, RATE } from "@twelvehz/test-support/signals.ts";
import { inLongForm } from "@twelvehz/test-support/long-form.ts";
import { alignTo, findDelay } from "./delay.ts";

/**
 * Syllables of random length, pitch and loudness, with pauses: speech as far as delay is concerned.
 */
function talk(seconds: number, seed: number): Audio {
  const random = noise(seed);
  const out = new Float32Array(seconds * RATE);
  for (let at = 0; at < out.length; ) {
    const [length, pitch, gain] = [Math.round((0.12 + 0.08 * random()) * RATE), 150 + 60 * random(), Math.max(0, 0.2 + 0.3 * random())];
    for (let n = 0; n < length && at + n < out.length; n++) {
      const t = n / RATE;
      const voiced = [1, 2, 3, 5, 8].reduce((sum, k) => sum + Math.cos(2 * Math.PI * pitch * k * t + k) / k, 0);
      out[at + n] = gain * Math.sin((Math.PI * n) / length) * (0.3 * voiced + 0.05 * random());
    }
    at += length + (random() > 0.6 ? 6000 : 0);
  }
  return new Audio(out, RATE);
}

/** Later by so many samples, or earlier; as long as before. */
function shifted(clip: Audio, samples: number): Audio {
  return mapped(clip, (_, n) => clip.samples[n - samples] ?? 0);
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, n) => x === b[n]);
}

const CLIP = talk(4, 11);

describe("findDelay", () => {
  it.each(inLongForm ? [0, 1, -1, 156, 1001, -1001, 9600, -12_345, 23_999] : [0, -1, 156, 23_999])(
    "finds a delay of %i samples to the sample",
    (samples) => {
      const found = findDelay(CLIP, shifted(CLIP, samples));
      expect(Math.round(found.seconds * RATE)).toBe(samples);
      expect(found.by).toBe("waveform");
    },
  );

  it("finds it in an inverted, quieter clip with noise", () => {
    const random = noise(4);
    const late = mapped(shifted(CLIP, 777), (x) => -0.3 * x + 0.01 * random());
    expect(findDelay(CLIP, late)).toEqual({ seconds: 777 / RATE, by: "waveform" });
  });

  it("is not misled by hum and an offset", () => {
    const late = mapped(shifted(CLIP, 500), (x, n) => x + 0.2 + 0.3 * Math.sin((2 * Math.PI * 50 * n) / RATE));
    expect(Math.abs(findDelay(CLIP, late).seconds * RATE - 500)).toBeLessThanOrEqual(24);
  });

  it("finds it in steady noise, whose loudness does not change", () => {
    const random = noise(8);
    const steady = clipOf(3, () => 0.2 * random());
    expect(findDelay(steady, shifted(steady, 4321))).toEqual({ seconds: 4321 / RATE, by: "waveform" });
  });

  it.each(inLongForm ? [8000, 11_025, 44_100, 48_000] : [11_025, 48_000])("works at %i Hz", (sampleRate) => {
    const clip = resample(CLIP, sampleRate);
    expect(Math.round(findDelay(clip, shifted(clip, 1234)).seconds * sampleRate)).toBe(1234);
  });

  it("falls back on loudness within 20 ms where waveforms have nothing in common", () => {
    const random = noise(21);
    const rough = new Float32Array(CLIP.samples.length);
    for (let at = 0; at < rough.length; at += 240) {
      const power = CLIP.samples.subarray(at, at + 240).reduce((sum, x) => sum + x * x, 0);
      for (let n = at; n < at + 240 && n < rough.length; n++) rough[n] = Math.sqrt(power / 80) * random();
    }
    const found = findDelay(CLIP, shifted(new Audio(rough, RATE), 4000));
    expect(found.by).toBe("envelope");
    expect(Math.abs(found.seconds - 4000 / RATE)).toBeLessThan(0.02);
  });

  it("searches as far as it is told", () => {
    const late = shifted(CLIP, 30_000);
    expect(Math.abs(findDelay(CLIP, late).seconds)).toBeLessThanOrEqual(1.05);
    expect(findDelay(CLIP, late, { maximumSeconds: 1.5 }).seconds).toBe(30_000 / RATE);
    expect(() => findDelay(CLIP, CLIP, { maximumSeconds: 0 })).toThrow(RangeError);
  });

  it("finds none in silence, and none in nothing", () => {
    const silence = new Audio(new Float32Array(CLIP.samples.length), RATE);
    for (const [a, b] of [
      [CLIP, silence],
      [silence, CLIP],
      [silence, silence],
    ])
      expect(findDelay(a, b).seconds).toBe(0);
    expect(findDelay(new Audio(new Float32Array(0), RATE), new Audio(new Float32Array(0), RATE)).seconds).toBe(0);
  });

  it("leaves both clips unchanged", () => {
    const late = shifted(CLIP, 300);
    const before = [CLIP.samples.slice(), late.samples.slice()];
    findDelay(CLIP, late);
    expect([CLIP.samples, late.samples].every((samples, i) => isSame(samples, before[i]))).toBe(true);
  });
});

describe("alignTo", () => {
  it.each([777, -777])("takes a delay of %i samples out", (samples) => {
    const late = shifted(CLIP, samples);
    const aligned = alignTo(CLIP, late, findDelay(CLIP, late));
    expect(isSame(aligned.samples.subarray(777, -777), CLIP.samples.subarray(777, -777))).toBe(true);
    expect(aligned.samples.length).toBe(CLIP.samples.length);
  });

  it("cuts a longer clip and fills a shorter one", () => {
    const longer = new Audio(new Float32Array([...CLIP.samples, ...new Float32Array(2000).fill(0.5)]), RATE);
    expect(isSame(alignTo(CLIP, longer, { seconds: 0 }).samples, CLIP.samples)).toBe(true);
    const filled = alignTo(CLIP, new Audio(CLIP.samples.subarray(0, -2000), RATE), { seconds: 0 }).samples;
    expect(filled.length).toBe(CLIP.samples.length);
    expect(filled.subarray(-2000).every((x) => x === 0)).toBe(true);
  });

  it("gives silence for a delay that is longer than the clip", () => {
    for (const seconds of [100, -100]) expect(alignTo(CLIP, CLIP, { seconds }).samples.every((x) => x === 0)).toBe(true);
  });
});

describe.each([
  ["findDelay", (a: Audio, b: Audio): unknown => findDelay(a, b)],
  ["alignTo", (a: Audio, b: Audio): unknown => alignTo(a, b, { seconds: 0 })],
])("%s", (_, run) => {
  it("refuses lengths that differ by more than 1 s or 20 %, with both", () => {
    for (const [a, b] of [
      [4, 4.9],
      [20, 21.1],
      [4, 3.1],
      [1, 1.3],
    ]) {
      const [x, y] = [a, b].map((seconds) => new Audio(new Float32Array(seconds * RATE), RATE));
      expect(() => run(x, y)).toThrow(CodecError);
      expect(() => run(x, y)).toThrow(`a sound of ${b.toFixed(2)} s with the one of ${a.toFixed(2)} s`);
    }
    expect(() => run(CLIP, new Audio(CLIP.samples.subarray(0, -19_000), RATE))).not.toThrow();
  });

  it("refuses different rates", () => {
    expect(() => run(CLIP, resample(CLIP, 16_000))).toThrow(RangeError);
  });
});
