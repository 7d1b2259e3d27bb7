import { describe, expect, it } from "vitest";
import { fixture, inPieces, readSound } from "@twelvehz/test-support/sound.ts";
import { CodecError, type CodecErrorCode } from "../errors.ts";
import { openAudioStream } from "./audio-stream.ts";

const TEXT = new TextEncoder().encode("This is a letter, not a sound. It was renamed to letter.wav, which changes nothing. ".repeat(20));

/** The English clip with bytes put in at an offset, little-endian where more than one. */
function patched(name: string, changes: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const bytes = fixture(name);
  for (const [at, values] of Object.entries(changes)) bytes.set(values, Number(at));
  return bytes;
}

/**
 * Offsets in english.wav: 22 channels, 24 rate, 32 frame bytes, 34 bits; its `fmt ` chunk is at 12,
 * its `data` chunk at 36. In english.aiff: 54 channels, 60 bits, 62 rate.
 */
const WAV = "english.wav";
const CASES: readonly [string, () => Uint8Array, CodecErrorCode, RegExp][] = [
  ["an empty file", () => new Uint8Array(0), "bad-format", /it is empty/],
  ["one byte", () => Uint8Array.of(0xff), "unsupported", /begins with the bytes ff/],
  ["text", () => TEXT, "bad-format", /it is text, which begins with "This is a letter/],
  ["Chinese text", () => new TextEncoder().encode("这不是声音".repeat(900)), "bad-format", /it is text, which begins with "这不是声音/],
  ["zeros", () => new Uint8Array(5000), "unsupported", /begins with the bytes 00 00/],
  ["an M4A file", () => fixture("english.m4a"), "unsupported", /it is M4A or MP4/],
  ["a CAF file", () => fixture("english.caf"), "unsupported", /it is CAF/],
  ["a picture in RIFF", () => patched(WAV, { 8: [0x57, 0x45, 0x42, 0x50] }), "unsupported", /RIFF file of kind "WEBP"/],
  ["WAV with 0 channels", () => patched(WAV, { 22: [0, 0] }), "bad-format", /declares 0 channels/],
  ["WAV with 9 channels", () => patched(WAV, { 22: [9, 0] }), "unsupported", /has 9 channels, and at most 8/],
  ["WAV with 65535 channels", () => patched(WAV, { 22: [255, 255] }), "unsupported", /has 65535 channels/],
  ["WAV with rate 0", () => patched(WAV, { 24: [0, 0, 0, 0] }), "bad-format", /sample rate of 0 Hz/],
  ["WAV with rate 3999", () => patched(WAV, { 24: [0x9f, 0x0f, 0, 0] }), "unsupported", /3999 Hz, and 4000 to 384000/],
  ["WAV with rate 4294967295", () => patched(WAV, { 24: [255, 255, 255, 255] }), "unsupported", /4294967295 Hz/],
  [
    "WAV with frames of 0 bytes",
    () => patched(WAV, { 32: [0, 0] }),
    "bad-format",
    /frames are declared to have 0 bytes, and 1 channels of 16 bits have 2/,
  ],
  ["WAV with 0 bits and frames of 0 bytes", () => patched(WAV, { 32: [0, 0, 0, 0] }), "bad-format", /1 channels of 0 bits/],
  ["WAV with 16-bit float", () => patched(WAV, { 20: [3, 0] }), "unsupported", /0x0003 \(16-bit samples\)/],
  ["WAV that holds MP3", () => patched(WAV, { 20: [0x55, 0] }), "unsupported", /0x0055 \(MP3\); convert/],
  ["WAV of an unknown codec", () => patched(WAV, { 20: [0x99, 0x99] }), "unsupported", /0x9999 \(unknown\)/],
  ["WAV with a fmt chunk of 14 bytes", () => patched(WAV, { 16: [14, 0, 0, 0] }), "bad-format", /"fmt " chunk has 14 bytes/],
  [
    "WAV with a fmt chunk of 4 GiB",
    () => patched(WAV, { 16: [255, 255, 255, 255] }),
    "bad-format",
    /"fmt " chunk declares 4294967295 bytes/,
  ],
  [
    "WAV with data before fmt",
    () => patched(WAV, { 12: [0x64, 0x61, 0x74, 0x61] }),
    "bad-format",
    /"data" chunk comes before a "fmt " chunk/,
  ],
  ["WAV without data", () => patched(WAV, { 36: [0x6a, 0x75, 0x6e, 0x6b] }), "bad-format", /without a "data" chunk/],
  ["WAV cut in the RIFF header", () => fixture(WAV).subarray(0, 11), "bad-format", /cut short: the RIFF header has 11 of 12/],
  ["WAV cut in the fmt chunk", () => fixture(WAV).subarray(0, 30), "bad-format", /cut short: the "fmt " chunk has 10 of 16/],
  ["WAV cut after the fmt chunk", () => fixture(WAV).subarray(0, 36), "bad-format", /ends after 36 bytes without a "data" chunk/],
  ["WAV cut in the sound", () => fixture(WAV).subarray(0, 30_001), "bad-format", /cut short: the data chunk has 29957 of 48000 bytes/],
  ["ADPCM cut in the sound", () => fixture("english-ima-adpcm.wav").subarray(0, 5000), "bad-format", /cut short: the data chunk/],
  ["IMA ADPCM with a step index of 89", () => patched("english-ima-adpcm.wav", { 62: [89] }), "bad-format", /step index 89/],
  ["MS ADPCM without coefficients", () => patched("english-ms-adpcm.wav", { 40: [0, 0] }), "bad-format", /lacks its coefficients/],
  ["AIFF with 0 channels", () => patched("english.aiff", { 54: [0, 0] }), "bad-format", /declares 0 channels/],
  ["AIFF with rate 0", () => patched("english.aiff", { 62: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }), "bad-format", /sample rate of 0 Hz/],
  ["AIFF with 33 bits", () => patched("english.aiff", { 60: [0, 33] }), "bad-format", /33 bits a sample/],
  ["AIFF cut in the sound", () => fixture("english.aiff").subarray(0, 10_000), "bad-format", /cut short: the sound chunk/],
  [
    "AIFF-C of an unknown compression",
    () => patched("english-sowt.aifc", { 50: [0x69, 0x6d, 0x61, 0x34] }),
    "unsupported",
    /compression is "ima4"/,
  ],
  ["FLAC cut in a frame", () => fixture("english.flac").subarray(0, 20_000), "bad-format", /FLAC frame at byte \d+ is cut short|cut short/],
  ["FLAC cut before the frames", () => fixture("english.flac").subarray(0, 60), "bad-format", /cut short/],
  ["FLAC without STREAMINFO", () => patched("english.flac", { 4: [1] }), "bad-format", /not STREAMINFO/],
  ["FLAC with one bit changed", () => flipped("english.flac", 20_000), "bad-format", /FLAC frame at byte \d+ is damaged/],
  ["Ogg FLAC with one bit changed", () => flipped("english.oga", 20_000), "bad-format", /Ogg page at byte \d+ is damaged/],
  ["Ogg Vorbis with one bit changed", () => flipped("english.ogg", 6000), "bad-format", /Ogg page at byte \d+ is damaged/],
  ["Ogg Vorbis cut short", () => fixture("english.ogg").subarray(0, 6000), "bad-format", /cut short|last Ogg page is missing/],
  ["Ogg Opus with one bit changed", () => flipped("english.opus", 3000), "bad-format", /Ogg page at byte \d+ is damaged/],
  ["Ogg Opus cut short", () => fixture("english.opus").subarray(0, 4000), "bad-format", /cut short/],
  ["an Ogg file that is only its first page", () => fixture("english.opus").subarray(0, 47), "bad-format", /its last Ogg page is missing/],
  ["MP3 cut in a frame", () => fixture("english.mp3").subarray(0, 5000), "bad-format", /cut short/],
  ["MP3 cut between frames", () => cutMp3(), "bad-format", /first frame counts \d+ MP3 frames, and \d+ are there/],
  ["MP3 with a hole", () => patched("english-plain.mp3", { 1152: [1, 2, 3, 4] }), "bad-format", /bytes from byte 1152 on are no MP3 frame/],
  ["an ID3 tag and nothing else", () => Uint8Array.of(0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0), "bad-format", /no MPEG audio frame/],
  [
    "an ID3 tag that claims 256 MiB",
    () => Uint8Array.of(0x49, 0x44, 0x33, 3, 0, 0, 127, 127, 127, 127, 1, 2),
    "bad-format",
    /ID3 tag has 12 of/,
  ],
];

function flipped(name: string, at: number): Uint8Array {
  const bytes = fixture(name);
  bytes[at] ^= 4;
  return bytes;
}

/**
 * The first frames of an MP3 whose information frame counts more: at 64 kbit/s and 24 kHz each has
 * 192 bytes.
 */
function cutMp3(): Uint8Array {
  const bytes = fixture("english.mp3");
  const start = bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1] & 0xe0) === 0xe0);
  return bytes.subarray(0, start + 192 * 20);
}

async function failureOf(work: Promise<unknown>): Promise<CodecError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CodecError);
  return error as CodecError;
}

describe("bad files, where reading is strict", () => {
  it.each(CASES)("%s is one clear error", async (_, bytes, code, words) => {
    const whole = await failureOf(readSound(bytes(), { name: "in.wav", strict: true }));
    expect(whole.code).toBe(code);
    expect(whole.message).toMatch(words);
    expect(whole.message).toMatch(/^Cannot read "in\.wav": .*[^.]$/s);
    const inBytes = await failureOf(readSound(bytes(), { name: "in.wav", strict: true }, [1]));
    expect(inBytes.message).toBe(whole.message);
  });

  it("the name is left out when there is none", async () => {
    await expect(readSound(new Uint8Array(0))).rejects.toThrow(/^Cannot read the sound: it is empty/);
  });

  it("a declared length over the limit is refused before anything is read", async () => {
    await expect(readSound(fixture(WAV), { maxSeconds: 0.5 })).rejects.toMatchObject({ code: "too-large" });
  });

  it("a real length over the limit is refused while it is read", async () => {
    const streamed = patched(WAV, { 40: [255, 255, 255, 255] });
    const stream = await openAudioStream(inPieces(streamed), { maxSeconds: 0.5 });
    const failure = await failureOf(readAll(stream.chunks));
    expect(failure).toMatchObject({ code: "too-large" });
  });

  it("a source that fails is an io error with its cause", async () => {
    const cause = new Error("the cable was cut");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield fixture(WAV).subarray(0, 5000);
      throw cause;
    }
    const stream = await openAudioStream(failing(), { name: "a.wav" });
    const failure = await failureOf(readAll(stream.chunks));
    expect(failure).toMatchObject({ code: "io", cause, message: 'Cannot read "a.wav": the source failed: the cable was cut' });
  });
});

describe("leaving and cancelling", () => {
  it("the source is closed when the reading is left early", async () => {
    const source = watched(fixture("english.flac"));
    const stream = await openAudioStream(source.bytes);
    for await (const _ of stream.chunks) break;
    expect(source.closed()).toBe(true);
  });

  it("the source is closed when the samples are not wanted", async () => {
    const source = watched(fixture("english.mp3"));
    const stream = await openAudioStream(source.bytes);
    await stream.close();
    await stream[Symbol.asyncDispose]();
    expect(source.closed()).toBe(true);
  });

  it("the source is closed when it cannot be opened", async () => {
    const source = watched(TEXT);
    await failureOf(openAudioStream(source.bytes));
    expect(source.closed()).toBe(true);
  });

  it("a signal ends the waiting for a source that says nothing", async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield fixture(WAV).subarray(0, 1000);
      await new Promise(() => {});
    }
    const abort = new AbortController();
    const stream = await openAudioStream(silent(), { signal: abort.signal });
    setTimeout(() => abort.abort(), 10);
    expect(await failureOf(readAll(stream.chunks))).toMatchObject({ code: "aborted" });
  });

  it("a signal that has fired already stops everything", async () => {
    expect(await failureOf(openAudioStream(inPieces(fixture(WAV)), { signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted" });
  });
});

async function readAll(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chunks);
}

function watched(bytes: Uint8Array): { bytes: AsyncIterable<Uint8Array>; closed: () => boolean } {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* inPieces(bytes, [1000]);
    } finally {
      closed = true;
    }
  }
  return { bytes: source(), closed: () => closed };
}
