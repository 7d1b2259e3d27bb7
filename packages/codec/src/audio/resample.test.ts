import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inLongForm } from "@twelvehz/test-support/long-form.ts";
import { joinSamples } from "@twelvehz/test-support/sound.ts";
import { Audio } from "../audio.ts";
import { Resampler, resample } from "./resample.ts";

const PAIRS = [
  [48_000, 24_000],
  [44_100, 24_000],
  [22_050, 24_000],
  [16_000, 24_000],
  [8000, 24_000],
  [24_000, 16_000],
  [44_101, 24_000],
  [47_999, 24_000],
  [96_000, 24_000],
  [24_000, 44_100],
] as const;

/** How long tones are: their ends, 0.1 s each, are not judged. */
const SECONDS = 0.5;

/** Whole input through one resampler, cut at the given lengths over and over. */
function run(from: number, to: number, samples: Float32Array, lengths: readonly number[] = [samples.length || 1]): Float32Array {
  const resampler = new Resampler(from, to);
  const parts: Float32Array[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const end = at + lengths[i % lengths.length];
    parts.push(resampler.push(samples.subarray(at, end)));
    at = end;
  }
  parts.push(resampler.flush());
  return joinSamples(parts);
}

function tone(rate: number, hertz: number, count: number): Float32Array {
  return Float32Array.from({ length: Math.round(count) }, (_, i) => 0.5 * Math.cos((2 * Math.PI * hertz * i) / rate + 0.3));
}

function noise(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0; // Numerical Recipes, section 7.1
    return state / 2 ** 31;
  });
}

/**
 * Power in dB of what is left of `found` when `wanted` is taken away, against a tone of 0.5,
 * without 0.1 s at both ends.
 */
function residual(found: Float32Array, wanted: (i: number) => number, rate: number): number {
  let sum = 0;
  const edge = Math.floor(rate / 10);
  for (let i = edge; i < found.length - edge; i++) sum += (found[i] - wanted(i)) ** 2;
  return 10 * Math.log10(sum / (found.length - 2 * edge) / 0.125);
}

describe("Resampler", () => {
  it.each(PAIRS)("keeps tones up to 0.9 of the lower Nyquist frequency to -120 dB, not delayed, from %i to %i Hz", (from, to) => {
    for (const part of inLongForm ? [0.013, 0.21, 0.5, 0.77, 0.9] : [0.21, 0.9]) {
      const hertz = (part * Math.min(from, to)) / 2;
      const found = run(from, to, tone(from, hertz, SECONDS * from));
      const wanted = (i: number): number => 0.5 * Math.cos((2 * Math.PI * hertz * i) / to + 0.3);
      expect(residual(found, wanted, to), `${hertz} Hz, dB`).toBeLessThan(-120);
    }
  });

  it.each(PAIRS.filter(([from, to]) => from > to))(
    "silences tones above the new Nyquist frequency to -120 dB from %i to %i Hz",
    (from, to) => {
      for (const part of inLongForm ? [1.01, 1.05, 1.2, 1.37, 1.7, 1.95, 3.1] : [1.01, 1.7]) {
        const hertz = (part * to) / 2;
        if (hertz >= from / 2) continue;
        expect(
          residual(run(from, to, tone(from, hertz, SECONDS * from)), () => 0, to),
          `${hertz} Hz, dB`,
        ).toBeLessThan(-120);
      }
    },
  );

  it("keeps constants as they are", () => {
    for (const [from, to] of PAIRS) {
      const found = run(from, to, new Float32Array(Math.round(SECONDS * from)).fill(0.25));
      expect(residual(found, () => 0.25, to)).toBeLessThan(-130);
    }
  });

  it("gives the same bits however the input is cut", () => {
    const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 11, max: 20_000 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.constantFrom(...PAIRS), fc.integer({ min: 0, max: 30_000 }), pieces, ([from, to], count, lengths) => {
        const samples = noise(count);
        expect(run(from, to, samples, lengths)).toEqual(run(from, to, samples));
      }),
      { numRuns: inLongForm ? 100 : 12 },
    );
  });

  it("gives ceil(n * to / from) samples for n, for any rates", () => {
    const rate = fc.oneof(fc.constantFrom(8000, 11_025, 16_000, 24_000, 44_100, 48_000), fc.integer({ min: 4000, max: 100_000 }));
    fc.assert(
      fc.property(rate, rate, fc.integer({ min: 0, max: 3000 }), (from, to, count) => {
        expect(run(from, to, noise(count)).length).toBe(Math.ceil((count * to) / from));
      }),
      { numRuns: inLongForm ? 200 : 12 },
    );
  });

  it("never changes what it has given when more input comes", () => {
    const samples = noise(9000);
    const first = new Resampler(44_100, 24_000).push(samples.subarray(0, 5000));
    expect(run(44_100, 24_000, samples).subarray(0, first.length)).toEqual(first);
  });

  it("is as new after a flush and after a reset", () => {
    const samples = noise(5000);
    const resampler = new Resampler(44_100, 24_000);
    resampler.push(noise(777));
    resampler.flush();
    const again = joinSamples([resampler.push(samples), resampler.flush()]);
    resampler.push(noise(555));
    resampler.reset();
    expect(joinSamples([resampler.push(samples), resampler.flush()])).toEqual(again);
    expect(again).toEqual(run(44_100, 24_000, samples));
  });

  it("gives equal rates back unchanged, as a copy, and leaves its input alone", () => {
    const samples = noise(1000);
    const before = samples.slice();
    const found = new Resampler(24_000, 24_000).push(samples);
    expect(found).toEqual(samples);
    expect(found.buffer).not.toBe(samples.buffer);
    run(44_100, 24_000, samples);
    expect(samples).toEqual(before);
  });

  it.each([
    [0, 24_000],
    [24_000, 0],
    [44_100.5, 24_000],
    [Number.NaN, 24_000],
    [768_001, 24_000],
    [24_000, 93],
  ])("refuses %d to %d Hz", (from, to) => {
    expect(() => new Resampler(from, to)).toThrow(RangeError);
  });
});

describe("resample", () => {
  it("gives a clip of the same length in seconds, and the clip itself when the rate is the same", () => {
    const clip = new Audio(noise(44_100), 44_100);
    expect(resample(clip, 24_000)).toMatchObject({ sampleRate: 24_000, samples: { length: 24_000 } });
    expect(resample(clip, 44_100)).toBe(clip);
  });
});
