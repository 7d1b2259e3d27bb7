import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSound } from "@twelvehz/test-support/sound.ts";
import { Audio } from "../audio.ts";
import { CodecError } from "../errors.ts";
import { encodeWav, WavEncoder } from "./wav-writer.ts";

const finite = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 }), { minLength: 1 })
  .map((values) => Float32Array.from(values));

describe("encodeWav", () => {
  it("what was read from 16 bits is written as it was", async () => {
    const every = Float32Array.from({ length: 65_536 }, (_, i) => (i - 32_768) / 32_768);
    const { bytes, clipped } = encodeWav(new Audio(every, 24_000));
    expect(clipped).toBe(0);
    const { info, channels } = await readSound(bytes);
    expect(info).toEqual({ format: "WAV, 16-bit PCM", sampleRate: 24_000, channels: 1, durationSeconds: 65_536 / 24_000 });
    expect(channels[0]).toEqual(every);
    expect(encodeWav(new Audio(channels[0], 24_000)).bytes).toEqual(bytes);
  });

  it("floats are written as they are, whatever their size", async () => {
    await fc.assert(
      fc.asyncProperty(finite, async (samples) => {
        const { bytes, clipped } = encodeWav(new Audio(samples, 16_000), { float: true });
        const { info, channels } = await readSound(bytes);
        expect({ clipped, format: info.format }).toEqual({ clipped: 0, format: "WAV, 32-bit float" });
        expect([...channels[0]]).toEqual([...samples]);
      }),
    );
  });

  it("16 bits are the nearest, and what is beyond full scale is clipped and counted", async () => {
    const step = 1 / 32_768;
    const { bytes, clipped } = encodeWav(new Audio(Float32Array.of(1, -1, 1.5, -1.5, 0.4 * step, 0.6 * step, -0.6 * step), 24_000));
    expect(clipped).toBe(2);
    const { channels } = await readSound(bytes);
    expect([...channels[0]].map((x) => x * 32_768)).toEqual([32_767, -32_768, 32_767, -32_768, 0, 1, -1]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d", (bad) => {
    for (const float of [false, true]) {
      const act = (): unknown => encodeWav(new Audio(Float32Array.of(0, 0, bad), 24_000), { float });
      expect(act).toThrow(CodecError);
      expect(act).toThrow(`Cannot write the sound: sample 2 is ${bad}; finite numbers are wanted`);
    }
  });

  it("an empty sound is a valid file", async () => {
    expect((await readSound(encodeWav(new Audio(new Float32Array(0), 24_000)).bytes)).channels).toEqual([new Float32Array(0)]);
  });
});

describe("WavEncoder", () => {
  it("pieces give the same bytes as the whole", () => {
    fc.assert(
      fc.property(finite, fc.boolean(), fc.integer({ min: 1, max: 9 }), (samples, float, piece) => {
        const encoder = new WavEncoder({ sampleRate: 24_000, float });
        const parts = [...encoder.header(samples.length)];
        for (let at = 0; at < samples.length; at += piece) parts.push(...encoder.encode(samples.subarray(at, at + piece)));
        const whole = encodeWav(new Audio(samples, 24_000), { float });
        expect(Uint8Array.from(parts)).toEqual(whole.bytes);
        expect(encoder.clippedSamples).toBe(whole.clipped);
        expect(encoder.sampleCount).toBe(samples.length);
      }),
    );
  });

  it("a header without a length says: to the end of the file", async () => {
    for (const float of [false, true]) {
      const encoder = new WavEncoder({ sampleRate: 24_000, float });
      const bytes = Uint8Array.of(...encoder.header(), ...encoder.encode(Float32Array.of(0.5, -0.25)));
      const { info, channels } = await readSound(bytes);
      expect(info.durationSeconds).toBeUndefined();
      expect([...channels[0]]).toEqual([0.5, -0.25]);
    }
  });

  it("headers are of 44 and 58 bytes, and 36 more with room for RF64, whatever the length", () => {
    for (const [float, reserve, length] of [
      [false, false, 44],
      [true, false, 58],
      [false, true, 80],
      [true, true, 94],
    ] as const) {
      const encoder = new WavEncoder({ sampleRate: 24_000, float, reserve });
      expect(encoder.header().length).toBe(length);
      expect(encoder.header(1000).length).toBe(length);
      if (reserve) expect(encoder.header(3e9).length).toBe(length);
    }
  });

  it("over 4 GiB it is RF64, with the length in ds64", async () => {
    for (const reserve of [false, true]) {
      const encoder = new WavEncoder({ sampleRate: 24_000, reserve });
      const header = encoder.header(3e9);
      expect(header.length).toBe(80);
      const reading = readSound(Uint8Array.of(...header, 0, 0), { maxSeconds: 1e6, strict: true });
      await expect(reading).rejects.toThrow(/the data chunk has 2 of 6000000000 bytes/);
    }
  });

  it("a header with room is read like one without", async () => {
    const encoder = new WavEncoder({ sampleRate: 24_000, reserve: true });
    const { info, channels } = await readSound(Uint8Array.of(...encoder.header(1), ...encoder.encode(Float32Array.of(0.5))));
    expect(info.format).toBe("WAV, 16-bit PCM");
    expect([...channels[0]]).toEqual([0.5]);
  });

  it.each([0, 24_000.5, Number.NaN, 768_001])("refuses a rate of %d Hz", (sampleRate) => {
    expect(() => new WavEncoder({ sampleRate })).toThrow(RangeError);
  });

  it("its input stays as it was", () => {
    const samples = Float32Array.of(2, -2, 0.1);
    new WavEncoder({ sampleRate: 24_000 }).encode(samples);
    expect(samples).toEqual(Float32Array.of(2, -2, 0.1));
  });
});
