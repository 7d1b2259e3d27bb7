/**
 * What is there of sound that is damaged, cut short, or declares wrong numbers is read, and said.
 * Where reading is strict, it is refused.
 */
import { describe, expect, it } from "vitest";
import { fixture, inPieces, joinSamples } from "@twelvehz/test-support/sound.ts";
import { type AudioStreamOptions, openAudioStream } from "./audio-stream.ts";

interface Read {
  readonly seconds: number;
  readonly rms: number;
  readonly kinds: readonly string[];
  readonly reasons: string;
}

async function read(bytes: Uint8Array, options: AudioStreamOptions = {}, lengths?: readonly number[]): Promise<Read> {
  const stream = await openAudioStream(inPieces(bytes, lengths), options);
  const parts: Float32Array[] = [];
  for await (const [channel] of stream.chunks) parts.push(channel);
  const samples = joinSamples(parts);
  const rms = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  const { findings } = stream;
  return {
    seconds: samples.length / stream.info.sampleRate,
    rms,
    kinds: findings.map(({ kind }) => kind),
    reasons: findings.map(({ reason }) => reason).join("; "),
  };
}

function patched(name: string, changes: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const bytes = fixture(name);
  for (const [at, values] of Object.entries(changes)) bytes.set(values, Number(at));
  return bytes;
}

/** Bytes with others put in at an offset. */
function inserted(bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, at), ...more, ...bytes.subarray(at));
}

/** Offsets of the Ogg pages of a file. */
function pagesOf(bytes: Uint8Array): number[] {
  const text = new TextDecoder("latin1").decode(bytes);
  return [...text.matchAll(/OggS/g)].map(({ index }) => index);
}

/**
 * An Ogg file whose pages are changed one by one; undefined leaves a page out. The checksums are
 * made right.
 */
function pagewise(name: string, change: (page: Uint8Array, index: number, count: number) => Uint8Array | undefined): Uint8Array {
  const bytes = fixture(name);
  const starts = pagesOf(bytes);
  const pages = starts.map((start, i) => bytes.slice(start, starts[i + 1] ?? bytes.length));
  const changed = pages.flatMap((page, i) => change(page, i, pages.length) ?? []);
  return Uint8Array.of(...changed.flatMap((page) => [...withCrc(page)]));
}

/** The checksum of RFC 3533, bit by bit. */
function withCrc(page: Uint8Array): Uint8Array {
  page.fill(0, 22, 26);
  let crc = 0;
  for (const byte of page) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  new DataView(page.buffer, page.byteOffset).setUint32(22, crc >>> 0, true);
  return page;
}

const withoutEnd = (page: Uint8Array): Uint8Array => {
  page[5] &= ~4;
  return page;
};
const withGranule = (page: Uint8Array, granule: number): Uint8Array => {
  new DataView(page.buffer, page.byteOffset).setBigInt64(6, BigInt(granule), true);
  return page;
};

const firstMp3Frame = (bytes: Uint8Array): number => bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1] & 0xe0) === 0xe0);
/** The MP3 without an information frame has frames of 192 bytes (64 kbit/s at 24 kHz). */
const MP3 = "english-plain.mp3";
const junk = Uint8Array.from({ length: 700 }, (_, i) => (i * 7) % 251);
/** A size of RIFF chunks, little-endian. */
const size = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];

type Kind = "note" | "damage" | undefined;
/** Name, bytes, seconds at least and at most, what is said. */
const CASES: readonly [string, () => Uint8Array, number, number, Kind, RegExp][] = [
  // english.wav: 48000 bytes of sound; 32 frame bytes, 34 bits, 40 size of the data
  ["WAV whose sound is declared too long", () => patched("english.wav", { 40: size(50_000) }), 1, 1, "note", /has 48000 of 50000 bytes/],
  ["WAV whose sound is declared much too long", () => patched("english.wav", { 40: size(0x90000000) }), 1, 1, "note", /of 2415919104/],
  [
    "WAV whose sound is declared too short",
    () => patched("english.wav", { 40: size(20_000) }),
    1,
    1,
    "note",
    /20000 bytes, and sound follows/,
  ],
  ["WAV with frames of 0 bytes", () => patched("english.wav", { 32: [0, 0] }), 1, 1, "note", /frames are declared/],
  ["WAV with frames of 16 bytes", () => patched("english.wav", { 32: [16, 0] }), 1, 1, "note", /frames are declared/],
  ["WAV with 0 bits", () => patched("english.wav", { 34: [0, 0] }), 1, 1, undefined, /^$/],
  ["WAV cut in half", () => fixture("english.wav").subarray(0, 24_044), 0.5, 0.5, "note", /cut short/],
  [
    "WAV with a tag after the sound",
    () => Uint8Array.of(...fixture("english.wav"), ...new TextEncoder().encode("TAGsong".padEnd(128))),
    1,
    1,
    undefined,
    /^$/,
  ],
  [
    "WAV with a chunk after the sound",
    () => Uint8Array.of(...fixture("english.wav"), 76, 73, 83, 84, 4, 0, 0, 0, 1, 2, 3, 4),
    1,
    1,
    undefined,
    /^$/,
  ],
  ["WAV padded with zeros", () => Uint8Array.of(...fixture("english.wav"), ...new Uint8Array(600)), 1, 1, undefined, /^$/],
  ["IMA ADPCM cut in half", () => fixture("english-ima-adpcm.wav").subarray(0, 6000), 0.4, 0.5, "note", /cut short/],
  // english.aiff: 22 frames of COMM at 56 in the fixture of sox, found by name
  ["AIFF that counts no frames", () => aiff({ frames: 0 }), 1, 1, "note", /counts 0 bytes of sound/],
  ["AIFF that counts too many frames", () => aiff({ frames: 24_100 }), 1, 1, "note", /"SSND" chunk 48000/],
  ["AIFF that was written to a pipe", () => aiff({ frames: 0x7f000000, sound: 0x7f000008 }), 1, 1, undefined, /^$/],
  ["AIFF that was written to a pipe by another program", () => aiff({ frames: 0, sound: 0 }), 1, 1, undefined, /^$/],
  ["AIFF cut in half", () => fixture("english.aiff").subarray(0, 24_088), 0.4, 0.5, "note", /cut short/],
  // STREAMINFO: the 36 bits of the count end at byte 26
  [
    "FLAC that counts too few samples",
    () => patched("english.flac", { 22: [0, 0, 0x10, 0] }),
    1,
    1,
    "note",
    /counts 4096 samples, and 24000/,
  ],
  ["FLAC that counts too many samples", () => patched("english.flac", { 22: [0xff, 0xff, 0xff, 0xff] }), 1, 1, "note", /counts 4294967295/],
  ["FLAC cut in a frame", () => fixture("english.flac").subarray(0, 20_000), 0.3, 0.9, "note", /cut short/],
  ["FLAC with one bit changed", () => flipped("english.flac", 20_000), 0.7, 0.99, "damage", /FLAC frame at byte \d+ is damaged/],
  ["FLAC with bytes put in", () => inserted(fixture("english.flac"), 20_000, junk), 0.7, 0.99, "damage", /were left out/],
  [
    "FLAC with a tag at the end",
    () => Uint8Array.of(...fixture("english.flac"), ...new TextEncoder().encode("TAGsong".padEnd(128))),
    1,
    1,
    undefined,
    /^$/,
  ],
  ["MP3 cut in a frame", () => fixture(MP3).subarray(0, 5000), 0.7, 0.85, "note", /has \d+ of \d+ bytes/],
  [
    "MP3 with junk between frames",
    () => inserted(fixture(MP3), 1152, junk),
    1,
    1.2,
    "damage",
    /700 bytes from byte 1152 on are no MP3 frame/,
  ],
  ["MP3 with a byte between frames", () => inserted(fixture(MP3), 1152, Uint8Array.of(7)), 1, 1.2, "note", /1 bytes from byte 1152/],
  ["MP3 with a damaged header", () => patched(MP3, { 1152: [1] }), 0.95, 1.1, "damage", /\d+ bytes from byte 1152/],
  ["MP3 with junk at the end", () => Uint8Array.of(...fixture(MP3), ...junk), 1, 1.2, "note", /no MP3 frame/],
  [
    "MP3 with an old tag in the middle",
    () => inserted(fixture(MP3), 1152, new TextEncoder().encode("TAGsong".padEnd(128))),
    1,
    1.2,
    undefined,
    /^$/,
  ],
  ["MP3 that counts too many frames", () => mp3Counting(5000), 1, 1.1, "note", /counts 5000 MP3 frames/],
  ["MP3 that counts too few frames", () => mp3Counting(5), 1, 1.1, "note", /counts 5 MP3 frames/],
  ["MP3 cut between frames, of which nothing is padding", () => cutMp3(), 0.4, 0.5, "note", /counts \d+ MP3 frames, and 19/],
  ["Ogg Opus without a last page", () => pagewise("english.opus", withoutEnd), 1, 1.03, "note", /last Ogg page is missing/],
  ["Ogg Vorbis without a last page", () => pagewise("english.ogg", withoutEnd), 1, 1.1, "note", /last Ogg page is missing/],
  ["Ogg Vorbis with position 0 everywhere", () => pagewise("english.ogg", (page) => withGranule(page, 0)), 1, 1.1, undefined, /^$/],
  [
    "Ogg Opus with position 0 on its last page",
    () => pagewise("english.opus", (page, i, n) => (i === n - 1 ? withGranule(page, 0) : page)),
    1,
    1.03,
    "note",
    /position 0/,
  ],
  ["Ogg FLAC cut in a page", () => fixture("english.oga").subarray(0, 30_000), 0.2, 0.99, "note", /cut short: so is the Ogg page/],
  ["Ogg FLAC with one bit changed", () => flipped("english.oga", 20_000), 0.3, 0.99, "damage", /Ogg page at byte \d+ is damaged/],
  [
    "Ogg with padding between pages",
    () => inserted(fixture("english.oga"), pagesOf(fixture("english.oga"))[2], new Uint8Array(300)),
    1,
    1,
    "note",
    /300 bytes from byte \d+ on are no Ogg page/,
  ],
  [
    "Ogg with a missing page",
    () => pagewise("english.oga", (page, i) => (i === 4 ? undefined : page)),
    0.3,
    0.99,
    "damage",
    /Ogg page 4 is missing/,
  ],
  [
    "Ogg whose pages are not numbered",
    () => pagewise("english.oga", (page) => Uint8Array.of(...page.subarray(0, 18), 0, 0, 0, 0, ...page.subarray(22))),
    1,
    1,
    "note",
    /not numbered/,
  ],
];

function flipped(name: string, at: number): Uint8Array {
  const bytes = fixture(name);
  bytes[at] ^= 4;
  return bytes;
}

function aiff({ frames, sound }: { frames: number; sound?: number }): Uint8Array {
  const bytes = fixture("english.aiff");
  const view = new DataView(bytes.buffer);
  const at = (id: string): number => new TextDecoder("latin1").decode(bytes).indexOf(id);
  view.setUint32(at("COMM") + 10, frames);
  if (sound !== undefined) view.setUint32(at("SSND") + 4, sound);
  return bytes;
}

/** The MP3 with an information frame, whose count of frames is changed. */
function mp3Counting(frames: number): Uint8Array {
  const bytes = fixture("english.mp3");
  const at = new TextDecoder("latin1").decode(bytes).search(/Xing|Info/);
  new DataView(bytes.buffer).setUint32(at + 8, frames);
  return bytes;
}

function cutMp3(): Uint8Array {
  const bytes = fixture("english.mp3");
  return bytes.subarray(0, firstMp3Frame(bytes) + 192 * 20);
}

describe("sound that is not as it should be", () => {
  it.each(CASES)("%s is read as far as it is there", async (_, bytes, least, most, kind, says) => {
    const found = await read(bytes());
    expect(found.seconds).toBeGreaterThanOrEqual(least);
    expect(found.seconds).toBeLessThanOrEqual(most);
    expect(found.rms).toBeGreaterThan(0.02);
    expect(found.rms).toBeLessThan(0.3);
    expect([...new Set(found.kinds)]).toEqual(
      kind === undefined ? [] : kind === "damage" && found.kinds.includes("note") ? expect.arrayContaining(["damage"]) : [kind],
    );
    expect(found.reasons).toMatch(says);
    if (found.kinds.length > 0) await expect(read(bytes(), { strict: true })).rejects.toMatchObject({ code: "bad-format" });
  });

  it.each(CASES)("%s reads the same in pieces, and where its length is known", async (_, bytes) => {
    const whole = await read(bytes());
    expect(await read(bytes(), {}, [701, 3])).toEqual(whole);
    const known = await read(bytes(), { byteLength: bytes().length });
    expect([known.seconds, known.kinds]).toEqual([whole.seconds, whole.kinds]);
  });

  it("a declared length is no reason to refuse where it cannot be true", async () => {
    const bytes = patched("english.wav", { 40: size(0x90000000) });
    expect((await read(bytes, { maxSeconds: 2 })).seconds).toBe(1);
    expect((await read(bytes, { maxSeconds: 2, byteLength: bytes.length })).seconds).toBe(1);
    const flac = patched("english.flac", { 22: [0xff, 0xff, 0xff, 0xff] });
    expect((await read(flac, { maxSeconds: 2, byteLength: flac.length })).seconds).toBe(1);
  });

  it("the findings of a hostile file are few", async () => {
    const bytes = fixture(MP3);
    for (let at = 192 * 3; at < bytes.length; at += 192 * 2) bytes.fill(1, at, at + 3);
    const found = await read(bytes);
    expect(found.kinds.length).toBeLessThanOrEqual(17);
  });
});

describe("sound that changes on the way", () => {
  it.each<[string, () => Uint8Array, number]>([
    ["Ogg Vorbis after Ogg Vorbis", () => Uint8Array.of(...fixture("english.ogg"), ...fixture("english.ogg")), 2],
    [
      "Ogg Vorbis of another rate and channels after Ogg Vorbis",
      () => Uint8Array.of(...fixture("english.ogg"), ...fixture("chinese.ogg")),
      1.7,
    ],
    ["Ogg Opus after Ogg Vorbis", () => Uint8Array.of(...fixture("english.ogg"), ...fixture("english.opus")), 2],
    ["Ogg FLAC after Ogg FLAC", () => Uint8Array.of(...fixture("english.oga"), ...fixture("english.oga")), 2],
    ["MP3 of another rate and channels after MP3", () => Uint8Array.of(...fixture(MP3), ...fixture("chinese.mp3")), 1.7],
  ])("%s is one sound", async (_, bytes, seconds) => {
    const found = await read(bytes());
    expect(found.seconds).toBeGreaterThan(seconds - 0.02);
    expect(found.seconds).toBeLessThan(seconds + 0.15);
    expect(found.rms).toBeLessThan(0.3);
    expect(found.kinds).not.toContain("damage");
  });
});
