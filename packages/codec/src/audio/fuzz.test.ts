import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fixture, readSound } from "../../../../test/fixtures/sound.ts";
import { CodecError } from "../errors.ts";

/** Mutations per format; `FUZZ_RUNS=10000 npx vitest run packages/codec/src/audio/fuzz.test.ts` is the long run. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const FILES = [
  "english.wav",
  "chinese-ima-adpcm.wav",
  "english-ms-adpcm.wav",
  "english.aiff",
  "english-float.aifc",
  "english.flac",
  "chinese-24.flac",
  "english.oga",
  "english.mp3",
  "chinese.mp3",
  "english.ogg",
  "english.opus",
];
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff];

const printed = vi.fn();
const unhandled = vi.fn();

describe("damaged sound files", () => {
  beforeAll(() => {
    for (const method of ["error", "warn", "log"] as const) vi.spyOn(console, method).mockImplementation(printed);
    process.on("unhandledRejection", unhandled);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    process.off("unhandledRejection", unhandled);
  });

  it.each(FILES)("%s gives sound or one clear error, soon, whatever is changed in it", { timeout: 60_000 + RUNS * 200 }, async (name) => {
    const original = fixture(name).subarray(0, 40_000);
    const random = xorshift(SEED);
    for (let run = 0; run < RUNS; run++) {
      const bytes = mutate(original, random);
      if (name.match(/\.og|\.opus/) && run % 2 === 0) repairPages(bytes);
      const began = performance.now();
      const failure = await readSound(bytes, { name, maxSeconds: 600 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expectClear(failure, `${name}, seed ${SEED}, run ${run}`);
      expect(performance.now() - began, `${name}, run ${run}: milliseconds`).toBeLessThan(10_000);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(printed).not.toHaveBeenCalled();
    expect(unhandled).not.toHaveBeenCalled();
  });
});

function expectClear(failure: unknown, where: string): void {
  expect(failure, where).toBeInstanceOf(CodecError);
  const { code, message } = failure as CodecError;
  expect(["bad-format", "unsupported", "too-large"], `${where}: ${message}`).toContain(code);
  expect(message, where).toMatch(/^Cannot read ".+": .+[^.]$/s);
}

/** One to four changes of bytes, lengths, or order; half of them near the beginning, where the headers are. */
function mutate(original: Uint8Array, random: () => number): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let changes = 1 + Math.floor(random() * 4); changes > 0 && bytes.length > 8; changes--) {
    const at = Math.floor(random() * (random() < 0.5 ? Math.min(200, bytes.length) : bytes.length));
    const kind = Math.floor(random() * 6);
    if (kind === 0) bytes[at] ^= 1 << Math.floor(random() * 8);
    else if (kind === 1) bytes[at] = Math.floor(random() * 256);
    else if (kind === 2)
      new DataView(bytes.buffer).setUint32(
        Math.min(at, bytes.length - 4),
        EXTREMES[Math.floor(random() * EXTREMES.length)],
        random() < 0.5,
      );
    else if (kind === 3) bytes = bytes.slice(0, at);
    else if (kind === 4) bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + Math.ceil(random() * 50)));
    else
      bytes = Uint8Array.of(
        ...bytes.subarray(0, at),
        ...Array.from({ length: 20 }, () => Math.floor(random() * 256)),
        ...bytes.subarray(at),
      );
  }
  return bytes;
}

/** Makes the checksums of Ogg pages right again, so that the damage reaches the decoders. */
function repairPages(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 27 <= bytes.length && view.getUint32(at) === 0x4f676753; ) {
    let length = 27 + bytes[at + 26];
    for (let i = 0; i < bytes[at + 26]; i++) length += bytes[at + 27 + i] ?? 0;
    view.setUint32(at + 22, 0, true);
    view.setUint32(at + 22, oggCrc(bytes.subarray(at, at + length)), true);
    at += length;
  }
}

function oggCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

/** Random numbers in [0, 1) from a seed: Marsaglia's xorshift of 32 bits. */
function xorshift(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
