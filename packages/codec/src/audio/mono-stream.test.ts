import { describe, expect, it } from "vitest";
import { fixture, inPieces, readSound } from "@twelvehz/test-support/sound.ts";
import { CodecError } from "../errors.ts";
import { type AudioStream, openAudioStream } from "./audio-stream.ts";
import { mixToMono } from "./mix.ts";
import { collectAudio, monoStream } from "./mono-stream.ts";
import { Resampler } from "./resample.ts";

function streamOf(sampleRate: number, ...chunks: Float32Array[][]): AudioStream {
  async function* pieces(): AsyncGenerator<Float32Array[]> {
    yield* chunks;
  }
  const info = { format: "made up", sampleRate, channels: chunks[0]?.length ?? 1, durationSeconds: undefined };
  return { info, lengthIsSure: false, chunks: pieces(), findings: [], close: async () => {}, [Symbol.asyncDispose]: async () => {} };
}

describe("mixToMono", () => {
  it("takes the mean, so that full scale stays full scale", () => {
    expect(mixToMono([Float32Array.of(1, 0.5, -1), Float32Array.of(1, -0.5, 0)])).toEqual(Float32Array.of(1, 0, -0.5));
  });

  it("gives a single channel back as it is", () => {
    const only = Float32Array.of(0.1);
    expect(mixToMono([only])).toBe(only);
  });
});

describe("monoStream", () => {
  it("is the mean of the channels at the new rate, however the bytes come", async () => {
    const { channels } = await readSound(fixture("chinese.flac"));
    const resampler = new Resampler(44_100, 24_000);
    const wanted = [...resampler.push(mixToMono(channels)), ...resampler.flush()];
    for (const lengths of [[70_000], [999], [1, 5000]]) {
      const stream = await openAudioStream(inPieces(fixture("chinese.flac"), lengths));
      const audio = await collectAudio(stream, 24_000);
      expect(audio.sampleRate).toBe(24_000);
      expect(audio.samples.length).toBe(Math.ceil((30_870 * 24_000) / 44_100));
      expect([...audio.samples]).toEqual(wanted);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e30])("names the place of a sample that is %d", async (bad) => {
    const good = [new Float32Array(8000), new Float32Array(8000)];
    const damaged = [new Float32Array(10), Float32Array.of(0, 0, 0, bad, 0, 0, 0, 0, 0, 0)];
    const failure = await collectAudio(streamOf(8000, good, damaged), 24_000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CodecError);
    expect(failure).toMatchObject({
      code: "bad-audio",
      message: expect.stringMatching(
        /^Cannot use the sound: sample 8003 of channel 2 \(at 1\.000 s\) is (NaN|Infinity|-1\..*e\+30); numbers near -1 to 1 are wanted$/,
      ),
    });
  });

  it("a sound without samples is bad audio", async () => {
    await expect(collectAudio(streamOf(8000), 24_000)).rejects.toMatchObject({ code: "bad-audio", message: /holds no samples/ });
  });

  it("one sample is a sound, and silence is one", async () => {
    expect((await collectAudio(streamOf(8000, [Float32Array.of(0.5)]), 24_000)).samples.length).toBe(3);
    expect((await collectAudio(streamOf(8000, [new Float32Array(800)]), 24_000)).samples).toEqual(new Float32Array(2400));
  });

  it("stops when the signal fires", async () => {
    const abort = new AbortController();
    const stream = monoStream(streamOf(24_000, [new Float32Array(100)], [new Float32Array(100)]), 24_000, { signal: abort.signal });
    expect((await stream.next()).value).toHaveLength(100);
    abort.abort();
    await expect(stream.next()).rejects.toMatchObject({ code: "aborted" });
  });
});
