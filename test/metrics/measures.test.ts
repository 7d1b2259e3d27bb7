/** What every measure says of clips of which the answer is known, and of those that have none. */
import { Audio } from "@twelvehz/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandDetail } from "../../packages/eval/dist/measures/band-detail.js";
import { clipping } from "../../packages/eval/dist/measures/clipping.js";
import { f0Contour, f0Error } from "../../packages/eval/dist/measures/f0.js";
import { Fourier } from "../../packages/eval/dist/measures/fourier.js";
import { levelDifference } from "../../packages/eval/dist/measures/level.js";
import { logSpectralDistance } from "../../packages/eval/dist/measures/log-spectral-distance.js";
import { melCepstralDistance } from "../../packages/eval/dist/measures/mel-cepstral-distance.js";
import { onsetLoss } from "../../packages/eval/dist/measures/onsets.js";
import { pauseError } from "../../packages/eval/dist/measures/pauses.js";
import { pesqNarrowBand, pesqWideBand } from "../../packages/eval/dist/measures/pesq/pesq.js";
import { siSdr } from "../../packages/eval/dist/measures/si-sdr.js";
import { estoi, stoi } from "../../packages/eval/dist/measures/stoi.js";
import { readClip } from "../support/degradations.mjs";
import { clipOf, mapped, noise, RATE, voice } from "../support/signals.ts";

const MEASURES: readonly (readonly [name: string, measure: (reference: Audio, degraded: Audio) => unknown])[] = [
  ["stoi", stoi],
  ["estoi", estoi],
  ["pesqWideBand", pesqWideBand],
  ["pesqNarrowBand", pesqNarrowBand],
  ["siSdr", siSdr],
  ["logSpectralDistance", logSpectralDistance],
  ["melCepstralDistance", melCepstralDistance],
  ["levelDifference", levelDifference],
  ["bandDetail", bandDetail],
  ["clipping", clipping],
  ["f0Error", f0Error],
  ["pauseError", pauseError],
  ["onsetLoss", onsetLoss],
];

describe.each(MEASURES)("%s", (_, measure) => {
  const clip = voice(1, 120);
  const one = new Audio(clip.samples.subarray(1), RATE);

  it("refuses clips of different rates or lengths", () => {
    expect(() => measure(clip, new Audio(clip.samples, 16_000))).toThrow(RangeError);
    expect(() => measure(clip, one)).toThrow(RangeError);
  });

  it("refuses samples that are not finite", () => {
    const broken = mapped(clip, (x, i) => (i === 100 ? Number.NaN : x));
    expect(() => measure(clip, broken)).toThrow(/the degraded clip: sample 100 is NaN/);
    expect(() => measure(broken, clip)).toThrow(/the reference clip/);
  });

  it("is undefined for silence and for clips under half a second", () => {
    const silence = clipOf(1, () => 0);
    expect(measure(silence, clip)).toBeUndefined();
    expect(measure(voice(0.4, 120), voice(0.4, 120))).toBeUndefined();
    expect(measure(new Audio(new Float32Array(0), RATE), new Audio(new Float32Array(0), RATE))).toBeUndefined();
  });

  it("takes a degraded clip that is silent, and one second of anything, without failing", () => {
    const hiss = noise(3);
    expect(() =>
      measure(
        clip,
        clipOf(1, () => 0),
      ),
    ).not.toThrow();
    expect(() => measure(clipOf(1, hiss), clip)).not.toThrow();
    expect(() =>
      measure(
        clipOf(1, (t) => (t > 0.5 ? 1 : 0)),
        clip,
      ),
    ).not.toThrow();
  });

  it("leaves its inputs as they are", () => {
    const [x, y] = [voice(1, 120), voice(1, 130)];
    measure(x, y);
    expect(x.samples).toEqual(voice(1, 120).samples);
    expect(y.samples).toEqual(voice(1, 130).samples);
  });
});

describe("a clip against itself", () => {
  it("has the best value of every measure", async () => {
    const clip = await readClip("english");
    expect(stoi(clip, clip)).toBeCloseTo(1, 6);
    expect(estoi(clip, clip)).toBeCloseTo(1, 6);
    expect(pesqWideBand(clip, clip)).toBeCloseTo(4.644, 3); // 4.5 through equation 1 of P.862.2
    expect(pesqNarrowBand(clip, clip)).toBeCloseTo(4.549, 3); // 4.5 through equation 1 of P.862.1
    expect(siSdr(clip, clip)).toBe(Infinity);
    expect(logSpectralDistance(clip, clip)).toBe(0);
    expect(melCepstralDistance(clip, clip)).toBe(0);
    expect(levelDifference(clip, clip)).toBe(0);
    expect(bandDetail(clip, clip)?.map(({ errorDb }) => errorDb ?? 0)).toEqual([0, 0, 0, 0, 0]);
    expect(f0Error(clip, clip)).toMatchObject({ voicingErrorRate: 0, grossErrorRate: 0, fineErrorCents: 0 });
    expect(pauseError(clip, clip)).toMatchObject({ pauseErrorRate: 0, speechDurationErrorSeconds: 0 });
    expect(onsetLoss(clip, clip)).toMatchObject({ lossDb: 0, lostShare: 0 });
  });

  it("keeps its PESQ when it is made quieter and is late", async () => {
    const { samples } = await readClip("chinese");
    const [clip, late] = [1200, 1200].map((silence) => new Audio(new Float32Array(samples.length + silence), RATE));
    clip.samples.set(samples);
    late.samples.set(
      samples.map((x) => 0.25 * x),
      1200,
    );
    expect(pesqWideBand(clip, late)).toBeGreaterThan(4.5);
  });
});

describe("PESQ", () => {
  it("is undefined where there is nothing in the band of speech", () => {
    const [low, clip] = [clipOf(1, (t) => 0.5 * Math.sin(2 * Math.PI * 30 * t) * Math.sin(Math.PI * t) ** 2), voice(1, 150)];
    for (const measure of [pesqWideBand, pesqNarrowBand]) {
      expect(measure(low, clip)).toBeUndefined();
      expect(measure(clip, low)).toBeUndefined();
      expect(
        measure(
          clip,
          clipOf(1, () => 0),
        ),
      ).toBeUndefined();
    }
  });

  it("finds a delay that is not constant", async () => {
    const { samples } = await readClip("english");
    const [clip, late] = [new Audio(new Float32Array(5 * RATE), RATE), new Audio(new Float32Array(5 * RATE), RATE)];
    clip.samples.set(samples.subarray(0, 2 * RATE));
    clip.samples.set(samples.subarray(0, 2 * RATE), 2.5 * RATE);
    late.samples.set(samples.subarray(0, 2 * RATE), 0.1 * RATE);
    late.samples.set(samples.subarray(0, 2 * RATE), 2.7 * RATE);
    expect(pesqWideBand(clip, late)).toBeGreaterThan(4);
  });
});

describe("known answers", () => {
  it("SI-SDR is the ratio of a tone and noise of its own power, and does not see gain", () => {
    const hiss = noise(5);
    const tone = clipOf(2, (t) => Math.SQRT2 * Math.sin(2 * Math.PI * 440 * t));
    const noisy = mapped(tone, (x) => 0.5 * (x + Math.sqrt(3) * 0.1 * hiss())); // uniform noise has a variance of 1/3
    expect(siSdr(tone, noisy)).toBeCloseTo(20, 0);
    expect(
      siSdr(
        tone,
        mapped(tone, (x) => -3 * x),
      ),
    ).toBeGreaterThan(100);
  });

  it("distances of a gain are the gain for the spectrum and nothing for the cepstrum", () => {
    const hiss = noise(9);
    const clip = clipOf(1, () => 0.2 * hiss());
    const half = mapped(clip, (x) => x / 2);
    expect(logSpectralDistance(clip, half)).toBeCloseTo(20 * Math.log10(2), 2);
    expect(melCepstralDistance(clip, half)).toBeCloseTo(0, 6);
    expect(levelDifference(clip, half)).toBeCloseTo(-20 * Math.log10(2), 5);
    expect(bandDetail(clip, half)?.map(({ gainDb }) => Math.round(10 * (gainDb ?? 0)))).toEqual([-60, -60, -60, -60, -60]);
  });

  it("bands above half the rate are left out, and a band that is cut off has the largest loss", () => {
    const hiss = noise(11);
    const clip = clipOf(1, (t) => 0.1 * Math.sin(2 * Math.PI * 7000 * t) + 0.1 * hiss());
    const tone = clipOf(1, (t) => 0.1 * Math.sin(2 * Math.PI * 1000 * t));
    expect(bandDetail(clip, tone)?.[3].gainDb).toBe(-60);
    expect(bandDetail(new Audio(clip.samples, 8000), new Audio(tone.samples, 8000))?.map(({ to }) => to)).toEqual([200, 2000]);
    expect(bandDetail(tone, clip)?.[4].errorDb).toBeUndefined();
  });

  it("clipping counts samples at full scale", () => {
    const clip = clipOf(1, (_, i) => (i % 4 === 0 ? 1.2 : 0.5));
    expect(
      clipping(
        mapped(clip, (x) => x / 2),
        clip,
      ),
    ).toEqual({ reference: 0, degraded: 0.25 });
  });

  it("F0 is found from 70 to 450 Hz to 5 cents", () => {
    fc.assert(
      fc.property(fc.integer({ min: 70, max: 450 }), (pitch) => {
        const voiced = f0Contour(voice(1, pitch)).filter((f) => f > 0);
        const median = voiced.sort()[voiced.length >> 1];
        expect(Math.abs(1200 * Math.log2(median / pitch))).toBeLessThan(5);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it("F0 errors are told as cents, as gross errors and as voicing errors", () => {
    const reference = voice(2, 150);
    expect(f0Error(reference, voice(2, 150 * 2 ** (50 / 1200)))?.fineErrorCents).toBeCloseTo(50, -1);
    expect(f0Error(reference, voice(2, 220))).toMatchObject({ grossErrorRate: 1, fineErrorCents: undefined });
    const hiss = noise(2);
    const whisper = f0Error(
      reference,
      mapped(reference, () => 0.1 * hiss()),
    );
    expect(whisper?.voicingErrorRate).toBeGreaterThan(0.4);
    expect(whisper?.grossErrorRate).toBeUndefined();
  });

  it("pauses and the noise in them are found", () => {
    const hiss = noise(4);
    const clip = voice(3, 150);
    const noisy = mapped(clip, (x) => x + 0.001 * Math.sqrt(3) * hiss()); // -60 dB
    const found = pauseError(clip, noisy);
    expect(found?.referencePauseSeconds).toBeCloseTo(6 * 0.2, 0);
    expect(found?.referenceNoiseDb).toBe(-120);
    expect(found?.degradedNoiseDb).toBeCloseTo(-60, 0);
    expect(
      pauseError(
        clip,
        mapped(clip, (x) => x + 0.1 * hiss()),
      ),
    ).toMatchObject({ degradedPauseSeconds: 0 });
  });

  it("onsets that are smeared are lost", () => {
    const hiss = noise(6);
    const bursts = clipOf(2, (t) => (t % 0.25 > 0.2 ? 0.3 : 0.0001) * hiss());
    const flat = clipOf(2, () => 0.1 * hiss());
    expect(onsetLoss(bursts, bursts)).toMatchObject({ onsets: 8, lossDb: 0 });
    expect(onsetLoss(bursts, flat)?.lostShare).toBe(1);
    expect(onsetLoss(flat, bursts)).toEqual({ onsets: 0, lossDb: undefined, lostShare: undefined });
  });

  it("intelligibility falls with noise", () => {
    const clip = voice(3, 130);
    const values = [30, 10, -10].map((decibels) => {
      const hiss = noise(8);
      return (
        stoi(
          clip,
          mapped(clip, (x) => x + 0.3 * 10 ** (-decibels / 20) * hiss()),
        ) ?? Number.NaN
      );
    });
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });
});

describe("the Fourier transform", () => {
  it("comes back, scaled by its size, when the parts are exchanged", () => {
    const random = noise(1);
    const [re, im] = [Float64Array.from({ length: 256 }, random), Float64Array.from({ length: 256 }, random)];
    const [x, y] = [re.slice(), im.slice()];
    const fourier = new Fourier(256);
    fourier.transform(x, y);
    fourier.transform(y, x);
    for (let i = 0; i < 256; i++) expect([x[i] / 256, y[i] / 256]).toEqual([expect.closeTo(re[i], 12), expect.closeTo(im[i], 12)]);
  });

  it("refuses sizes that are no power of two", () => {
    for (const size of [0, 1, 3, 48, 2.5, Number.NaN]) expect(() => new Fourier(size)).toThrow(RangeError);
  });
});
