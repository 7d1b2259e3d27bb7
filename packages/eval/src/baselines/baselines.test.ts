/** What holds for every baseline, and what each is to do. */
import { fileURLToPath } from "node:url";
import { Audio, type Codec, openCodec, readAudio } from "@twelvehz/codec/node";
import { pesqWideBand, siSdr } from "../measures/index.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CodecUnderTest } from "../codec-under-test.ts";
import { findDelay } from "../delay.ts";
import { codecLayers } from "./codec-layers.ts";
import { muLaw } from "./mu-law.ts";
import { opusBaseline } from "./opus.ts";
import { pcm8kHz } from "./pcm-8khz.ts";

const RATE = 24_000;
let clip: Audio;
let codec: Codec;

beforeAll(async () => {
  const whole = await readAudio(fileURLToPath(new URL("../../../../examples/clips/english.flac", import.meta.url)));
  clip = new Audio(whole.samples.slice(0, 3 * RATE), RATE);
  codec = await openCodec();
});
afterAll(() => codec.close());

const isSame = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, n) => x === b[n]);
const opus = (bitsPerSecond: number, options = {}): CodecUnderTest => opusBaseline({ bitsPerSecond, rateControl: "cbr", ...options });

describe.each([
  ["Opus", () => opus(12_000)],
  ["Opus with loss", () => opus(12_000, { lossPercent: 20 })],
  ["PCM", pcm8kHz],
  ["mu-law", muLaw],
  ["our codec", () => codecLayers(codec, 4)],
] as const)("%s", (_, make) => {
  it.each([RATE, 16_000, 44_100])("keeps rate and length at %i Hz, and leaves the clip unchanged", async (sampleRate) => {
    const other = new Audio(clip.samples.slice(0, 20_011), sampleRate);
    const before = other.samples.slice();
    const { audio, byteLength } = await make().roundTrip(other);
    expect([audio.sampleRate, audio.samples.length]).toEqual([sampleRate, 20_011]);
    expect(byteLength).toBeGreaterThan(0);
    expect(isSame(other.samples, before)).toBe(true);
  });

  it("gives the same sound again, in its place", async () => {
    const [first, second] = [await make().roundTrip(clip), await make().roundTrip(clip)];
    expect(isSame(first.audio.samples, second.audio.samples)).toBe(true);
    expect(Math.abs(findDelay(clip, first.audio).seconds)).toBeLessThan(0.01);
  });

  it("stops when it is cancelled", async () => {
    await expect(make().roundTrip(clip, AbortSignal.abort())).rejects.toThrow(expect.objectContaining({ code: "aborted" }));
  });
});

describe("opusBaseline", () => {
  it.each([6000, 8000, 12_000, 16_000, 32_000])("sends %i bit/s when the rate is constant", async (bitsPerSecond) => {
    const { byteLength } = await opus(bitsPerSecond).roundTrip(clip);
    const packets = Math.ceil(3 / 0.02 + 0.0065 / 0.02); // of 20 ms, for 3 s and the look-ahead
    expect(byteLength).toBe((packets * bitsPerSecond) / 50 / 8);
  });

  it("sends less at a variable rate where there is silence", async () => {
    const half = new Audio(
      clip.samples.map((x, n) => (n < RATE ? x : 0)),
      RATE,
    );
    const { byteLength } = await opus(16_000, { rateControl: "vbr" }).roundTrip(half);
    expect(byteLength).toBeLessThan(0.7 * (await opus(16_000).roundTrip(half)).byteLength);
  });

  it("takes out, and reports, a look-ahead that agrees with the delay by design", async () => {
    const codecOpus = opus(16_000);
    const { delaySeconds } = await codecOpus.roundTrip(clip);
    expect(codecOpus.algorithmicDelaySeconds).toBeCloseTo(0.02 + delaySeconds, 9);
  });

  it("sounds better at a higher rate", async () => {
    const scores = [];
    for (const rate of [6000, 12_000, 32_000]) scores.push(pesqWideBand(clip, (await opus(rate).roundTrip(clip)).audio)!);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(scores[2] - scores[0]).toBeGreaterThan(1);
  });

  it("sounds worse with loss, and worst where nothing is put in its place; what is sent stays", async () => {
    const ways = [{}, { lossPercent: 10 }, { lossPercent: 10, concealment: "zeros" }];
    const results = [];
    for (const way of ways) results.push(await opus(16_000, way).roundTrip(clip));
    const scores = results.map(({ audio }) => pesqWideBand(clip, audio)!);
    expect(scores[0]).toBeGreaterThan(scores[1] + 0.3);
    expect(scores[1]).toBeGreaterThan(scores[2] + 0.1);
    expect(new Set(results.map(({ byteLength }) => byteLength)).size).toBe(1);
  });

  it("puts silence for every lost packet, the asked part of them", async () => {
    const { audio } = await opus(16_000, { lossPercent: 10, concealment: "zeros" }).roundTrip(clip);
    const zeros = audio.samples.reduce((count, x) => count + (x === 0 ? 1 : 0), 0);
    expect(Math.abs(zeros / audio.samples.length - 0.1)).toBeLessThan(0.01);
  });

  it("repairs more with the copies in the next packets than without", async () => {
    const options = { lossPercent: 20, seed: 3 };
    const [plc, fec] = [
      await opus(24_000, options).roundTrip(clip),
      await opus(24_000, { ...options, concealment: "fec" }).roundTrip(clip),
    ];
    expect(siSdr(clip, fec.audio)).toBeGreaterThan(siSdr(clip, plc.audio)!);
  });

  it("loses other packets for another seed", async () => {
    const [a, b] = [
      await opus(16_000, { lossPercent: 10, seed: 1 }).roundTrip(clip),
      await opus(16_000, { lossPercent: 10, seed: 2 }).roundTrip(clip),
    ];
    expect(isSame(a.audio.samples, b.audio.samples)).toBe(false);
  });

  it("says in its name what it does", () => {
    expect(opus(8000).name).toBe("Opus 8 kbit/s CBR");
    expect(opus(8000, { rateControl: "vbr", lossPercent: 20 }).name).toBe("Opus 8 kbit/s VBR, 20 % loss, PLC");
    expect(opus(8000, { lossPercent: 5, concealment: "zeros" }).name).toBe("Opus 8 kbit/s CBR, 5 % loss, zeros");
  });

  it("refuses rates and losses that are not possible", () => {
    expect(() => opus(100)).toThrow(RangeError);
    expect(() => opus(8000.5)).toThrow(RangeError);
    expect(() => opus(8000, { lossPercent: 101 })).toThrow(RangeError);
  });
});

describe("pcm8kHz and muLaw", () => {
  it.each([pcm8kHz, muLaw])("send 64 kbit/s", async (make) => {
    expect((await make().roundTrip(clip)).byteLength).toBe(3 * 8000);
  });

  it("keep what is below 3.4 kHz and nothing above 4 kHz", async () => {
    const tones = [1000, 5000].map(
      (hertz) =>
        new Audio(
          Float32Array.from({ length: RATE }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / RATE)),
          RATE,
        ),
    );
    for (const make of [pcm8kHz, muLaw]) {
      expect(siSdr(tones[0], (await make().roundTrip(tones[0])).audio)).toBeGreaterThan(30);
      const high = (await make().roundTrip(tones[1])).audio.samples.subarray(2400, -2400);
      expect(Math.max(...high)).toBeLessThan(0.001);
    }
  });

  it("differ for quiet sound, where 8 linear bits are too few", async () => {
    const quiet = new Audio(
      clip.samples.map((x) => 0.01 * x),
      RATE,
    );
    const [linear, companded] = [await pcm8kHz().roundTrip(quiet), await muLaw().roundTrip(quiet)];
    expect(siSdr(quiet, companded.audio) ?? 0).toBeGreaterThan((siSdr(quiet, linear.audio) ?? -Infinity) + 5);
  });
});

describe("codecLayers", () => {
  it("counts 11 bits for each layer and frame, rounded up to bytes", async () => {
    const frames = Math.ceil(clip.samples.length / codec.info.samplesPerFrame);
    for (const layers of [1, 3, 16]) {
      const coded = codecLayers(codec, layers);
      expect((await coded.roundTrip(clip)).byteLength).toBe(Math.ceil((11 * layers * frames) / 8));
    }
  });

  it("is what the codec decodes from the first layers", async () => {
    const { audio } = await codecLayers(codec, 4).roundTrip(clip);
    const decoded = await codec.decode((await codec.encode(clip)).firstLayers(4));
    expect(isSame(audio.samples, decoded.samples)).toBe(true);
  });

  it("says its name and delay, and refuses layers that are not there", () => {
    expect(codecLayers(codec, 1).name).toBe(`${codec.info.name}, 1 layer`);
    expect(codecLayers(codec, 8).name).toBe(`${codec.info.name}, 8 layers`);
    expect(codecLayers(codec, 8).algorithmicDelaySeconds).toBeCloseTo(0.08 + codec.info.decodeDelaySamples / RATE, 9);
    for (const layers of [0, 17, 1.5]) expect(() => codecLayers(codec, layers)).toThrow(RangeError);
  });
});
