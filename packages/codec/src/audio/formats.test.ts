import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixture, inPieces, readSound, snr } from "@twelvehz/test-support/sound.ts";
import { openAudioStream } from "./audio-stream.ts";

/**
 * Files that hold the very samples of english.wav (24 kHz mono) or chinese.wav (44.1 kHz stereo).
 */
const LOSSLESS = [
  { file: "english.flac", same: "english.wav", format: "FLAC, 16-bit" },
  { file: "chinese.flac", same: "chinese.wav", format: "FLAC, 16-bit" },
  { file: "english.oga", same: "english.wav", format: "Ogg FLAC, 16-bit" },
  { file: "english.aiff", same: "english.wav", format: "AIFF, 16-bit PCM" },
  { file: "english-sowt.aifc", same: "english.wav", format: "AIFF-C, 16-bit PCM" },
  { file: "english-float.aifc", same: "english.wav", format: "AIFF-C, 32-bit float" },
];

/**
 * Files that another decoder has read: what it got, and how near we are at least, in dB. Infinity
 * is equality.
 */
const DECODED = [
  { file: "english-a-law.wav", format: "WAV, A-law", least: Number.POSITIVE_INFINITY },
  { file: "english-u-law.wav", format: "WAV, mu-law", least: Number.POSITIVE_INFINITY },
  { file: "english-ima-adpcm.wav", format: "WAV, IMA ADPCM", least: Number.POSITIVE_INFINITY },
  { file: "chinese-ima-adpcm.wav", format: "WAV, IMA ADPCM", least: Number.POSITIVE_INFINITY },
  { file: "english-ms-adpcm.wav", format: "WAV, MS ADPCM", least: Number.POSITIVE_INFINITY },
  { file: "english.mp3", format: "MP3", least: 110 },
  { file: "english-plain.mp3", format: "MP3", least: 110 },
  { file: "english-free.mp3", format: "MP3", least: 110 }, // free format at 400 kbit/s
  { file: "chinese.mp3", format: "MP3", least: 110 },
  { file: "english.ogg", format: "Ogg Vorbis", least: 110 },
  { file: "chinese.ogg", format: "Ogg Vorbis", least: 110 },
  { file: "english.opus", format: "Ogg Opus", least: 80 },
];

const ALL = ["english.wav", ...LOSSLESS.map(({ file }) => file), ...DECODED.map(({ file }) => file)];

describe("lossless files", () => {
  it.each(LOSSLESS)("$file holds the very samples of $same", async ({ file, same, format }) => {
    const found = await readSound(fixture(file));
    const wanted = await readSound(fixture(same));
    expect(found.info).toEqual({ ...wanted.info, format });
    expect(found.channels).toEqual(wanted.channels);
  });

  it("a FLAC file of 24 bits keeps all of them", async () => {
    const { info, channels } = await readSound(fixture("chinese-24.flac"));
    expect(info).toEqual({ format: "FLAC, 24-bit", sampleRate: 48_000, channels: 2, durationSeconds: 0.4 });
    const steps = channels[0].map((x) => x * 2 ** 23);
    expect(steps.every((x) => Number.isInteger(x))).toBe(true);
    expect(steps.some((x) => x % 256 !== 0)).toBe(true);
  });
});

describe("other files", () => {
  it.each(DECODED)("$file is read as its own decoder reads it", async ({ file, format, least }) => {
    const found = await readSound(fixture(file));
    const wanted = await readSound(fixture(`${file.replace(/\.wav$/, "")}.expected.flac`));
    expect(found.info.format).toBe(format);
    expect(found.channels.length).toBe(wanted.channels.length);
    for (const [i, channel] of found.channels.entries())
      expect(snr(channel, wanted.channels[i]), `channel ${i}, dB`).toBeGreaterThanOrEqual(least);
  });

  it.each([
    { file: "english.mp3", original: "english.wav", times: 1 },
    { file: "chinese.mp3", original: "chinese.wav", times: 1 },
    { file: "english.ogg", original: "english.wav", times: 1 },
    { file: "chinese.ogg", original: "chinese.wav", times: 1 },
    { file: "english.opus", original: "english.wav", times: 2 },
    { file: "english-ima-adpcm.wav", original: "english.wav", times: 1 },
    { file: "english-ms-adpcm.wav", original: "english.wav", times: 1 },
  ])("$file is exactly as long as what was encoded", async ({ file, original, times }) => {
    const found = await readSound(fixture(file));
    const wanted = await readSound(fixture(original));
    expect(found.channels[0].length).toBe(wanted.channels[0].length * times);
  });

  it("MP3 lies in time where the original does", async () => {
    const found = await readSound(fixture("english.mp3"));
    const wanted = await readSound(fixture("english.wav"));
    const shifted = [-2, -1, 0, 1, 2].map((by) => snr(found.channels[0].subarray(10 + by), wanted.channels[0].subarray(10)));
    expect(shifted.indexOf(Math.max(...shifted))).toBe(2);
  });

  it("an MP3 without an information frame tells its length from its bit rate when the length of the file is known", async () => {
    const bytes = fixture("english-plain.mp3");
    const { info, channels } = await readSound(bytes, { byteLength: bytes.length });
    expect(info.durationSeconds).toBeCloseTo(channels[0].length / 24_000, 3);
    expect((await readSound(bytes)).info.durationSeconds).toBeUndefined();
  });
});

describe("a long sound that is in memory already", () => {
  const seconds = 7200;

  /** 8-bit silence, mono, at 8 kHz. */
  function longWav(): Uint8Array {
    const data = 8000 * seconds;
    const bytes = new Uint8Array(44 + data).fill(128);
    const view = new DataView(bytes.buffer);
    const put = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
    put(0, "RIFF");
    view.setUint32(4, 36 + data, true);
    put(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    for (const [at, value] of [
      [20, 1],
      [22, 1],
      [32, 1],
      [34, 8],
    ])
      view.setUint16(at, value, true); // prettier-ignore
    for (const at of [24, 28]) view.setUint32(at, 8000, true);
    put(36, "data");
    view.setUint32(40, data, true);
    return bytes;
  }

  it("lets timers have their turn, so that it can be cancelled", async () => {
    const bytes = longWav();
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 1);
    const stream = await openAudioStream(inPieces(bytes), { signal: cancel.signal });
    const read = async (): Promise<void> => {
      for await (const [channel] of stream.chunks) channel.fill(0);
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("bytes in pieces", () => {
  it.each(ALL)("%s reads the same however its bytes are cut", async (file) => {
    const bytes = fixture(file);
    const whole = await readSound(bytes);
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 9000 })), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lengths, async (pieces) => {
        const cut = await readSound(bytes, {}, pieces);
        expect(cut.info).toEqual(whole.info);
        expect(cut.channels).toEqual(whole.channels);
      }),
      { numRuns: 4, examples: [[[3000, 1]]] },
    );
  });

  it.each(ALL)("%s reads the same from a view at an odd offset, and its bytes stay as they were", async (file) => {
    const bytes = fixture(file);
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect((await readSound(larger.subarray(3, 3 + bytes.length))).channels).toEqual((await readSound(bytes)).channels);
    expect(larger.subarray(3, 3 + bytes.length)).toEqual(bytes);
  });
});
