import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inPieces } from "@twelvehz/test-support/sound.ts";
import { bytesSource } from "../bytes/byte-source.ts";
import { Codes, type ModelIdentity } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { assertSameModel } from "../codes/same-model.ts";
import { crc32c } from "../bytes/crc32c.ts";
import { readTokenFile, type TokenFile, tokenFileBlocks, writeTokenFile } from "./token-file.ts";
import { toRational } from "../codes/codes-spec.ts";
import { completeHeader } from "./token-file-header.ts";
import type { TokenFileEvent } from "./token-file-parser.ts";
import { TokenFileReader } from "./token-file-reader.ts";
import { TokenFileWriter } from "./token-file-writer.ts";

const demo: ModelIdentity = { name: "demo", id: "000102030405060708090a0b0c0d0e0f" };

function ramp(frames: number, layers: number, codebookSize: number): Int16Array {
  return Int16Array.from({ length: frames * layers }, (_, i) => (i * 7 + 3) % codebookSize);
}

/**
 * Header 56 bytes; blocks of 4 frames x 3 layers x 5 bits = 8 + 14 bytes at 56, 78, 100; one of 2
 * frames = 4 + 14 bytes at 122; trailer at 140.
 */
const small = writeTokenFile(new Codes(ramp(14, 3, 20), 3, { codebookSize: 20, model: demo, sampleCount: 14 * 1920 - 7 }), {
  blockFrames: 4,
});
const smallStarts = [56, 78, 100, 122, 140, 160];

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Processor time, which other work on the machine does not count in. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return "none";
}

const files = fc
  .record({
    layers: fc.integer({ min: 1, max: 64 }),
    codebookSize: fc.oneof(fc.constantFrom(2, 2048, 32768), fc.integer({ min: 2, max: 32768 })),
    frames: fc.nat(20),
    blockFrames: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(1000),
    named: fc.boolean(),
    missing: fc.option(fc.nat(1919), { nil: undefined }),
  })
  .map(({ layers, codebookSize, frames, blockFrames, seed, named, missing }) => {
    const data = Int16Array.from({ length: frames * layers }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 7) % codebookSize);
    const sampleCount = missing === undefined || frames === 0 ? undefined : frames * 1920 - missing;
    return { blockFrames, codes: new Codes(data, layers, { codebookSize, model: named ? demo : undefined, sampleCount }) };
  });

describe("the specification", () => {
  const page = readFileSync(new URL("../../../../docs/token-file.md", import.meta.url), "utf8");
  const dump = /```hex\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const hex = dump.replace(/#.*$/gm, "").match(/[0-9a-f]{2}/g) ?? [];
  const example = Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16));
  const codes = new Codes(Int16Array.of(1, 2, 3, 4, 5, 6), 2, { codebookSize: 8, model: demo, sampleCount: 5000 });

  it("shows the bytes that the writer writes", () => {
    expect(example).toEqual(writeTokenFile(codes, { blockFrames: 2 }));
  });

  it("shows bytes from which the reader gets the codes of the page", () => {
    const file = readTokenFile(example);
    expect(file.codes).toEqual(codes);
    expect(file.header).toEqual(completeHeader({ model: demo, layers: 2, codebookSize: 8, blockFrames: 2 }));
    expect(file.complete).toBe(true);
  });

  it("promises a size for a minute that holds", () => {
    const minute = new Codes(ramp(750, 16, 2048), 16, { model: { ...demo, name: "m".repeat(20) }, sampleCount: 60 * 24000 });
    expect(writeTokenFile(minute).length).toBe(16760);
    expect(page).toContain("takes 16 760 bytes instead of 16 500");
  });
});

describe("writing and reading", () => {
  it("gives back any codes with their model and sample count", () => {
    fc.assert(
      fc.property(files, ({ codes, blockFrames }) => {
        const file = readTokenFile(writeTokenFile(codes, { blockFrames }));
        expect(file).toMatchObject({ complete: true, damage: [] });
        expect(file.codes).toEqual(codes);
      }),
    );
  });

  it("keeps every field of the header", () => {
    const options = {
      model: { name: "模型-12", id: "F".repeat(32) },
      layers: 64,
      codebookSize: 32768,
      sampleRate: 44100,
      attention: "windowed",
      blockFrames: 4096,
    } as const;
    const writer = new TokenFileWriter({ ...options, frameRate: { numerator: 441, denominator: 36 } });
    const { header } = readTokenFile(joined([writer.finish()]));
    expect(header).toEqual({ ...options, model: { name: "模型-12", id: "f".repeat(32) }, frameRate: { numerator: 49, denominator: 4 } });
  });

  it("writes the same bytes for any cut of the frames into pieces", () => {
    fc.assert(
      fc.property(files, fc.array(fc.nat(20)), ({ codes, blockFrames }, cuts) => {
        const { layers, codebookSize, model, sampleCount } = codes;
        const writer = new TokenFileWriter({ layers, codebookSize, model, blockFrames });
        const at = [0, ...cuts.map((c) => Math.min(c, codes.frames)).sort((a, b) => a - b), codes.frames];
        const parts = at.slice(1).map((end, i) => writer.push(codes.data.subarray(at[i] * layers, end * layers)));
        expect(joined([...parts, writer.finish(sampleCount)])).toEqual(writeTokenFile(codes, { blockFrames }));
      }),
    );
  });

  it("shows flushed frames at once and gives the same codes in the end", () => {
    fc.assert(
      fc.property(files, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), ({ codes, blockFrames }, flushes) => {
        const { layers, codebookSize } = codes;
        const writer = new TokenFileWriter({ layers, codebookSize, blockFrames });
        let written = writer.push(new Int16Array(0));
        for (let t = 0; t < codes.frames; t++) {
          written = joined([written, writer.push(codes.frame(t))]);
          if (!flushes[t]) continue;
          written = joined([written, writer.flushBlock()]);
          expect(readTokenFile(written)).toMatchObject({ complete: false, damage: [], codes: { frames: t + 1 } });
        }
        expect(readTokenFile(joined([written, writer.finish()])).codes.data).toEqual(codes.data);
      }),
      { numRuns: 40 },
    );
  });

  it("reads views at odd offsets and leaves its input as it was", () => {
    const odd = new Uint8Array(small.length + 3).subarray(3);
    odd.set(small);
    expect(readTokenFile(odd)).toEqual(readTokenFile(small));
    expect(odd).toEqual(small);
    const data = new Int16Array(new ArrayBuffer(86), 2, 42);
    data.set(ramp(14, 3, 20));
    expect(writeTokenFile(new Codes(data, 3, { codebookSize: 20, model: demo, sampleCount: 26873 }), { blockFrames: 4 })).toEqual(small);
    expect(data).toEqual(ramp(14, 3, 20));
  });

  it("gives codes that later changes of the bytes do not reach", () => {
    const bytes = small.slice();
    const { codes } = readTokenFile(bytes);
    bytes.fill(0);
    expect(codes).toEqual(readTokenFile(small).codes);
  });

  it("finds the fraction of a frame rate", () => {
    expect([12.5, 25, 12, 43.066].map(toRational)).toEqual([
      { numerator: 25, denominator: 2 },
      { numerator: 25, denominator: 1 },
      { numerator: 12, denominator: 1 },
      { numerator: 21533, denominator: 500 },
    ]);
    for (const value of [0, -1, Number.NaN, Infinity, Math.PI]) expect(() => toRational(value)).toThrow(RangeError);
  });
});

describe("damage", () => {
  it("is reported for every flip of every bit", () => {
    for (let at = 0; at < small.length * 8; at++) {
      const bytes = small.slice();
      bytes[at >> 3] ^= 1 << (at & 7);
      expect(["bad-format", "unsupported"]).toContain(codeOf(() => readTokenFile(bytes)));
    }
  });

  it("is reported for every flip of a file that is still being written", () => {
    const open = small.subarray(0, smallStarts[4]);
    for (let at = 0; at < open.length * 8; at++) {
      const bytes = open.slice();
      bytes[at >> 3] ^= 1 << (at & 7);
      const thrown = codeOf(() => readTokenFile(bytes));
      if (thrown === "none") expect(readTokenFile(bytes).damage).toHaveLength(1);
      else expect(["bad-format", "unsupported"]).toContain(thrown);
    }
  });

  it("of any cut leaves the whole blocks before it readable", () => {
    for (let length = 0; length < small.length; length++) {
      const bytes = small.subarray(0, length);
      if (length < smallStarts[0]) {
        expect(codeOf(() => readTokenFile(bytes))).toBe("bad-format");
        continue;
      }
      const blocks = smallStarts.filter((start) => start <= length).length - 1;
      const { codes, complete, damage } = readTokenFile(bytes);
      expect(codes.data).toEqual(ramp(Math.min(14, blocks * 4), 3, 20));
      expect(complete).toBe(false);
      const cut = length - smallStarts[blocks];
      const lost = {
        offset: smallStarts[blocks],
        byteLength: cut,
        firstFrame: codes.frames,
        frames: undefined,
        reason: "the file ends within a block or trailer",
      };
      expect(damage).toEqual(cut === 0 ? [] : [lost]);
    }
  });

  it.each([
    ["a block that was taken out", joined([small.subarray(0, 78), small.subarray(100)])],
    ["a block that comes twice", joined([small.subarray(0, 78), small.subarray(56)])],
    [
      "two blocks that changed places",
      joined([small.subarray(0, 56), small.subarray(78, 100), small.subarray(56, 78), small.subarray(100)]),
    ],
    ["bytes after the trailer", joined([small, Uint8Array.of(0)])],
    ["a second file after the first", joined([small, small])],
    ["zeros that a crash left at the end", joined([small.subarray(0, 122), new Uint8Array(30)])],
    ["zeros in place of the rest of a block", joined([small.subarray(0, 130), new Uint8Array(512)])],
    [
      "a block of another file",
      joined([
        small.subarray(0, 56),
        writeTokenFile(new Codes(ramp(14, 3, 20), 3, { codebookSize: 20 }), { blockFrames: 4 }).subarray(52, 74),
        small.subarray(78),
      ]),
    ],
  ])("is reported for %s", (_name, bytes) => {
    expect(codeOf(() => readTokenFile(bytes))).toBe("bad-format");
    expect(readTokenFile(bytes, { salvage: true }).damage.length).toBeGreaterThan(0);
  });

  it("names the place, the frame and the remedy", () => {
    const bytes = small.slice();
    bytes[90] ^= 1;
    expect(() => readTokenFile(bytes)).toThrow(
      "Cannot read the token file at byte 78, frame 4: the checksum of a block is wrong; copy the file again, or read its undamaged blocks with salvage",
    );
  });
});

describe("salvage", () => {
  const salvage = (bytes: Uint8Array): TokenFile => readTokenFile(bytes, { salvage: true });

  it("returns all blocks but the damaged one and says which frames are missing", () => {
    for (let at = smallStarts[0]; at < smallStarts[4]; at++) {
      const bytes = small.slice();
      bytes[at] ^= 0x41;
      const block = smallStarts.filter((start) => start <= at).length - 1;
      const { codes, complete, damage } = salvage(bytes);
      const first = block * 4;
      const frames = Math.min(4, 14 - first);
      expect(damage).toMatchObject([
        { offset: smallStarts[block], byteLength: smallStarts[block + 1] - smallStarts[block], firstFrame: first, frames },
      ]);
      const kept = [...ramp(14, 3, 20)].filter((_, i) => Math.floor(i / 3) < first || Math.floor(i / 3) >= first + frames);
      expect([...codes.data]).toEqual(kept);
      expect(codes.sampleCount).toBeUndefined();
      expect(complete).toBe(true);
    }
  });

  it("does not know how much is missing when the trailer is lost as well", () => {
    const bytes = small.slice(0, 150);
    bytes[130] ^= 1;
    expect(salvage(bytes)).toMatchObject({
      complete: false,
      codes: { frames: 12 },
      damage: [{ offset: 122, byteLength: 28, firstFrame: 12, frames: undefined }],
    });
  });

  it("reads on after a block whose length was changed", () => {
    const bytes = small.slice();
    bytes[56 + 8] = 1;
    expect(salvage(bytes)).toMatchObject({ complete: true, codes: { frames: 10 }, damage: [{ firstFrame: 0, frames: 4 }] });
  });

  it("finds blocks after bytes that were inserted or lost", () => {
    const inserted = joined([small.subarray(0, 70), Uint8Array.of(0x42, 0x4c, 0x4b, 0x31, 9), small.subarray(70)]);
    const lost = joined([small.subarray(0, 70), small.subarray(73)]);
    for (const bytes of [inserted, lost])
      expect(salvage(bytes)).toMatchObject({ codes: { frames: 10 }, damage: [{ offset: 56, firstFrame: 0, frames: 4 }] });
  });

  it("answers any mutation with an error or frames that were in the file", () => {
    const original = readTokenFile(small).codes;
    const change = fc.record({ at: fc.nat(small.length - 1), remove: fc.nat(12), insert: fc.uint8Array({ maxLength: 12 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = small;
        for (const { at, remove, insert } of changes) bytes = joined([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        if (codeOf(() => salvage(bytes)) !== "none") return;
        const { codes, damage } = salvage(bytes);
        const missing = damage.reduce((n, d) => n + (d.frames ?? 0), 0);
        expect(codes.frames + missing).toBeLessThanOrEqual(original.frames);
        for (let t = 0; t < codes.frames; t++) expect(original.data.join().includes(codes.frame(t).join())).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("gives up on a file that is made to cost time", () => {
    const header = small.subarray(0, 56).slice();
    new DataView(header.buffer).setUint16(16, 4096, true);
    new DataView(header.buffer).setUint32(52, crc32c(header.subarray(0, 52)), true);
    const hostile = new Uint8Array(600_000);
    hostile.set(header);
    for (let at = 56; at + 10 <= hostile.length; at += 10) hostile.set([0x42, 0x4c, 0x4b, 0x31, 0, 0, 0, 0, 0, 0x10], at);
    const unit = cpuMs(() => Array.from({ length: 20 }, () => crc32c(hostile))); // 6e4 false blocks of 7694 bytes are 38 times as much
    expect(cpuMs(() => expect(salvage(hostile)).toMatchObject({ complete: false, codes: { frames: 0 } }))).toBeLessThan(12 * unit);
  });
});

describe("a stream", () => {
  async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) {
      const buffer = bytes.slice(at, at + size);
      yield buffer;
      buffer.fill(0xee); // as a source does that uses its buffer again
    }
  }

  async function events(bytes: Uint8Array, size: number, salvage = false): Promise<TokenFileEvent[]> {
    const out: TokenFileEvent[] = [];
    for await (const event of tokenFileBlocks(pieces(bytes, size), { salvage })) out.push(event);
    return out;
  }

  it("gives header, blocks and end for pieces of any length", async () => {
    const whole = await events(small, small.length);
    expect(whole.map((event) => event.type)).toEqual(["header", "frames", "frames", "frames", "frames", "end"]);
    expect(whole[5]).toEqual({ type: "end", complete: true, frames: 14, sampleCount: 26873, damage: [] });
    for (const size of [1, 2, 7, 22, 23, 100]) expect(await events(small, size)).toEqual(whole);
  });

  it("salvages as the whole file does, for pieces of any length", async () => {
    const bytes = small.slice();
    bytes[90] ^= 1;
    const whole = await events(bytes, bytes.length, true);
    for (const size of [1, 5, 50]) expect(await events(bytes, size, true)).toEqual(whole);
    expect(whole.at(-1)).toMatchObject({ damage: readTokenFile(bytes, { salvage: true }).damage });
  });

  it("gives the blocks before the damage, then the error", async () => {
    const bytes = small.slice();
    bytes[110] ^= 1;
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of tokenFileBlocks(pieces(bytes, 10))) seen.push(event.type);
    };
    await expect(read()).rejects.toMatchObject({ code: "bad-format" });
    expect(seen).toEqual(["header", "frames", "frames"]);
  });

  it("that has no bytes is no token file", async () => {
    await expect(events(new Uint8Array(0), 1)).rejects.toMatchObject({ code: "bad-format" });
  });
});

describe("seeking", () => {
  /** A source that counts what it is asked for. */
  function counted(bytes: Uint8Array) {
    const source = { ...bytesSource(bytes), reads: 0, bytes: 0 };
    return Object.assign(source, {
      slice: async (start: number, end: number) => {
        source.reads++;
        source.bytes += end - start;
        return bytes.slice(start, end);
      },
    });
  }

  it("gives every range of frames of any file, flushed or not", async () => {
    const range = fc.tuple(fc.nat(20), fc.nat(20));
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        range,
        fc.boolean(),
        async ({ codes, blockFrames }, flushes, [a, b], finish) => {
          const { layers, codebookSize } = codes;
          const writer = new TokenFileWriter({ layers, codebookSize, blockFrames });
          const parts: Uint8Array[] = [];
          for (let t = 0; t < codes.frames; t++)
            parts.push(writer.push(codes.frame(t)), flushes[t] ? writer.flushBlock() : new Uint8Array(0));
          parts.push(finish ? writer.finish() : writer.flushBlock());
          const reader = await TokenFileReader.open(bytesSource(joined(parts)));
          expect(reader).toMatchObject({ frameCount: codes.frames, complete: finish });
          const [start, end] = [Math.min(a, b, codes.frames), Math.min(Math.max(a, b), codes.frames)];
          expect((await reader.frames(start, end)).data).toEqual(codes.data.subarray(start * layers, end * layers));
        },
      ),
    );
  });

  it("keeps what the attention saw in every part, as a stream does", async () => {
    const codes = new Codes(new Int16Array(6), 2, { attention: "windowed" });
    const bytes = writeTokenFile(codes);
    expect(readTokenFile(bytes).codes.attention).toBe("windowed");
    const reader = await TokenFileReader.open(bytesSource(bytes));
    expect((await reader.frames(0, 2)).attention).toBe("windowed");
    for await (const part of reader.iterate()) expect(part.attention).toBe("windowed");
    for await (const event of tokenFileBlocks(inPieces(bytes))) if (event.type === "frames") expect(event.codes.attention).toBe("windowed");
  });

  it("reads two hours of full blocks at any frame with three small reads", async () => {
    const frames = 90_000;
    const source = counted(writeTokenFile(new Codes(ramp(frames, 16, 2048), 16)));
    const reader = await TokenFileReader.open(source);
    expect((await reader.frames(77_777, 77_778)).data).toEqual(ramp(frames, 16, 2048).subarray(77_777 * 16, 77_778 * 16));
    expect(source.reads).toBe(3);
    expect(source.bytes).toBeLessThan(2000);
  });

  it("hands on one block at a time", async () => {
    const reader = await TokenFileReader.open(bytesSource(small));
    const parts: number[] = [];
    for await (const codes of reader.iterate(2, 13)) parts.push(codes.frames);
    expect(parts).toEqual([2, 4, 4, 1]);
    expect(reader).toMatchObject({ frameCount: 14, sampleCount: 26873, complete: true });
  });

  it("opens a file whose last block is cut short as one that is still being written", async () => {
    const reader = await TokenFileReader.open(bytesSource(small.subarray(0, 130)));
    expect(reader).toMatchObject({ frameCount: 12, complete: false });
    expect((await reader.frames(0, 12)).data).toEqual(ramp(12, 3, 20));
  });

  it("reports damage when it reads the block, and only then", async () => {
    const bytes = small.slice();
    bytes[90] ^= 1;
    const reader = await TokenFileReader.open(bytesSource(bytes));
    expect((await reader.frames(8, 14)).frames).toBe(6);
    await expect(reader.frames(0, 14)).rejects.toMatchObject({ code: "bad-format" });
    await expect(reader.frames(5, 6)).rejects.toMatchObject({ code: "bad-format" });
  });

  it("reports every flip when all frames are read", async () => {
    for (let at = 0; at < small.length; at++) {
      const bytes = small.slice();
      bytes[at] ^= 0x10;
      const all = TokenFileReader.open(bytesSource(bytes)).then((reader) => reader.frames(0, 14));
      await expect(all).rejects.toBeInstanceOf(CodecError);
    }
  });

  it("refuses frames outside the file", async () => {
    const reader = await TokenFileReader.open(bytesSource(small));
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 15],
      [0.5, 2],
    ]) {
      await expect(reader.frames(start, end)).rejects.toBeInstanceOf(RangeError);
    }
  });
});

describe("bad input", () => {
  /** The small file with a changed header under a right checksum. */
  function withHeader(change: (view: DataView) => unknown): Uint8Array {
    const bytes = small.slice();
    const view = new DataView(bytes.buffer);
    change(view);
    view.setUint32(52, crc32c(bytes.subarray(0, 52)), true);
    return bytes;
  }

  it.each([
    ["nothing", new Uint8Array(0), "bad-format"],
    ["text", new TextEncoder().encode("hello, this is text renamed to .t12, and long enough for a header of that size"), "bad-format"],
    ["line ends that were converted", Uint8Array.of(0x89, 0x54, 0x31, 0x32, 0x0a, 0x1a, 0x0a, ...small.subarray(8)), "bad-format"],
    ["a future version", withHeader((v) => v.setUint16(8, 2, true)), "unsupported"],
    ["entropy coding", withHeader((v) => v.setUint16(10, 2, true)), "unsupported"],
    ["an unknown flag", withHeader((v) => v.setUint16(10, 0x8000, true)), "unsupported"],
    ["a reserved field in use", withHeader((v) => v.setUint16(18, 1, true)), "unsupported"],
    ["version 0", withHeader((v) => v.setUint16(8, 0, true)), "bad-format"],
    ["no layers", withHeader((v) => v.setUint8(12, 0)), "bad-format"],
    ["65 layers", withHeader((v) => v.setUint8(12, 65)), "bad-format"],
    ["other layers than the blocks have", withHeader((v) => v.setUint8(12, 16)), "bad-format"],
    ["a name that is too long", withHeader((v) => v.setUint8(13, 65)), "bad-format"],
    ["a codebook of one entry", withHeader((v) => v.setUint16(14, 1, true)), "bad-format"],
    ["a codebook of 65535 entries", withHeader((v) => v.setUint16(14, 65535, true)), "bad-format"],
    ["blocks of no frames", withHeader((v) => v.setUint16(16, 0, true)), "bad-format"],
    ["blocks of 65535 frames", withHeader((v) => v.setUint16(16, 65535, true)), "bad-format"],
    ["a sample rate of 0", withHeader((v) => v.setUint32(20, 0, true)), "bad-format"],
    ["a frame rate of 25/0", withHeader((v) => v.setUint32(28, 0, true)), "bad-format"],
    ["a name without id", withHeader((v) => new Uint8Array(v.buffer).fill(0, 32, 48)), "bad-format"],
    ["a name that is no UTF-8", withHeader((v) => v.setUint8(48, 0xff)), "bad-format"],
  ])("refuses %s", (name, bytes, code) => {
    expect(codeOf(() => readTokenFile(bytes))).toBe(code);
    const blocksDiffer = name.startsWith("other layers");
    expect(codeOf(() => readTokenFile(bytes, { salvage: true }))).toBe(blocksDiffer ? "none" : code);
  });

  it("refuses codes that no codebook has and counts that no frames have, under right checksums", () => {
    const sealed = (change: (view: DataView) => void, start: number, end: number): Uint8Array => {
      const bytes = small.slice();
      const view = new DataView(bytes.buffer);
      change(view);
      view.setUint32(end - 4, crc32c(bytes.subarray(start, end - 4), crc32c(bytes.subarray(0, 52))), true);
      return bytes;
    };
    expect(() => readTokenFile(sealed((v) => v.setUint8(66, 31), 56, 78))).toThrow("a block holds codes over 19");
    expect(() => readTokenFile(sealed((v) => v.setUint32(140 + 4, 4_000_000_000, true), 140, 160))).toThrow(
      "the trailer counts 4000000000 frames",
    );
    expect(() => readTokenFile(sealed((v) => v.setUint32(140 + 12, 1, true), 140, 160))).toThrow(/counts \d+ samples for 14 frames/);
    expect(() => readTokenFile(sealed((v) => v.setUint32(56 + 4, 4_000_000_000, true), 56, 78))).toThrow("blocks are missing");
  });

  it.each([
    [{ layers: 0 }],
    [{ layers: 65 }],
    [{ layers: 16, codebookSize: 1 }],
    [{ layers: 16, codebookSize: 32769 }],
    [{ layers: 16, blockFrames: 0 }],
    [{ layers: 16, blockFrames: 4097 }],
    [{ layers: 16, sampleRate: 0.5 }],
    [{ layers: 16, frameRate: { numerator: 0, denominator: 1 } }],
    [{ layers: 16, model: { name: "a", id: "12" } }],
    [{ layers: 16, model: { name: "a", id: "0".repeat(32) } }],
    [{ layers: 16, model: { name: "a".repeat(65), id: demo.id } }],
    [{ layers: 16, model: { name: "\ud800", id: demo.id } }],
  ])("does not write a header of %j", (options) => {
    expect(() => new TokenFileWriter(options)).toThrow(RangeError);
  });

  it("does not write codes that its header does not describe, and goes on as if they had never come", () => {
    const writer = new TokenFileWriter({ layers: 3, codebookSize: 20, model: demo, blockFrames: 4 });
    const parts = [writer.push(ramp(14, 3, 20).subarray(0, 15))];
    expect(codeOf(() => writer.push(Int16Array.of(1, 2)))).toBe("bad-codes");
    expect(codeOf(() => writer.push(Int16Array.of(1, 2, 20)))).toBe("bad-codes");
    expect(codeOf(() => writer.push(Int16Array.of(1, 2, -1)))).toBe("bad-codes");
    expect(codeOf(() => writer.push(new Codes(Int16Array.of(1, 2), 2, { codebookSize: 20 })))).toBe("bad-codes");
    expect(
      codeOf(() => writer.push(new Codes(Int16Array.of(1, 2, 3), 3, { codebookSize: 20, model: { name: "x", id: "1".repeat(32) } }))),
    ).toBe("model-mismatch");
    parts.push(writer.push(ramp(14, 3, 20).subarray(15)));
    for (const samples of [-1, 0.5, 14 * 1920 + 1, Number.NaN]) expect(() => writer.finish(samples)).toThrow(RangeError);
    expect(joined([...parts, writer.finish(26873)])).toEqual(small);
    for (const late of [() => writer.push(new Int16Array(3)), () => writer.flushBlock(), () => writer.finish()])
      expect(codeOf(late)).toBe("closed");
  });

  it("names both models when the codes are of another one", () => {
    const other = { name: "published", id: "f".repeat(32) };
    expect(() => assertSameModel(demo, other)).toThrow(
      `Cannot use codes of model "demo" (${demo.id}) with model "published" (${other.id}): open the codec with the model that made them`,
    );
    expect(codeOf(() => assertSameModel(demo, other))).toBe("model-mismatch");
    assertSameModel(undefined, other);
    assertSameModel({ ...other, id: "F".repeat(32) }, other);
  });
});
