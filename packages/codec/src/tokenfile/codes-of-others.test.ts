/** Files of codes as other programs and other systems write them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { parseCodes, type ParseCodesOptions, serializeCodes } from "./codes-format.ts";
import { writeStoredZip } from "./stored-zip.ts";

const known = new Codes(
  Int16Array.from({ length: 80 }, (_, i) => (Math.floor(i / 16) * 977 + (i % 16) * 131) % 2048),
  16,
);
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../../test/fixtures/codes/${name}`, import.meta.url)));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string, bigEndian = false): Uint8Array => {
  const bytes = new Uint8Array(new Uint16Array(Array.from(text, (c) => c.charCodeAt(0))).buffer);
  return bigEndian ? bytes.map((_, i) => bytes[i ^ 1]) : bytes;
};
const rows = Array.from({ length: known.frames }, (_, t) => Array.from(known.frame(t)));
const object = JSON.stringify({ codes: rows });
const line = `${JSON.stringify({ text: "say", audio_codes: rows })}\r\n`;

describe("codes of others", () => {
  it.each<[string, Uint8Array, string | undefined]>([
    ["JSON with codes", utf8(object), "a.json"],
    ["JSON with audio_codes", utf8(object.replace("codes", "audio_codes")), "a.json"],
    ["JSON that begins with a byte order mark", utf8(`\ufeff${object}`), undefined],
    ["JSON of UTF-16 with a mark, as PowerShell writes it", utf16(`\ufeff${object}`), undefined],
    ["JSON of UTF-16 with the high bytes first", utf16(`\ufeff${object}`, true), "a.json"],
    ["JSON of UTF-16 without a mark", utf16(object), undefined],
    ["JSON of UTF-16 without a mark, high bytes first", utf16(object, true), undefined],
    ["JSON lines with audio_codes", utf8(line), "a.jsonl"],
    ["JSON lines with codes", utf8(line.replace("audio_codes", "codes")), "a.jsonl"],
    ["JSON lines that begin with a byte order mark", utf8(`\ufeff${line}`), "a.jsonl"],
    ["JSON lines of UTF-16", utf16(`\ufeff${line}`), "a.jsonl"],
    ["a dictionary of many things, with a list of one tensor", fixture("torch-mixed-dict.pt"), undefined],
    ["an archive of arrays, one of them the codes", fixture("numpy-named.npz"), undefined],
    ["an archive of arrays under the name of a token file", fixture("numpy-named.npz"), "a.t12"],
    ["an archive of one array of any name", writeStoredZip(new Map([["arr_0.npy", fixture("numpy-int16.npy")]])), "a.npz"],
    ["two arrays in one file", fixture("numpy-two-arrays.npy"), undefined],
  ])("%s are read", (_, bytes, name) => {
    expect(parseCodes(bytes, name === undefined ? {} : { name }).codes.data).toEqual(known.data);
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    [
      "an archive of two arrays of other names",
      writeStoredZip(new Map(["x.npy", "y.npy"].map((name) => [name, fixture("numpy-int16.npy")]))),
      "unsupported",
      /its arrays are "x", "y"; save the codes under the name "codes"/,
    ],
    ["a tensor among unnamed things", fixture("torch-module-call.pt"), "unsupported", /it holds "posix system", no tensor/],
    [
      "a pointer of Git LFS",
      utf8("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
      "bad-format",
      /a pointer of Git LFS in place of the file; fetch the file, with "git lfs pull"$/,
    ],
    ["a pointer of git-annex", utf8("/annex/objects/SHA256E-s1--4d7a.t12\n"), "bad-format", /git-annex.*"git annex get"$/],
    ["an array that is cut short", fixture("numpy-int16.npy").subarray(0, -1), "bad-format", /takes 160 bytes, there are 159/],
  ])("%s is named", (_, bytes, code, says) => {
    const read = (): unknown => parseCodes(bytes, { name: "a.t12" });
    expect(read).toThrow(CodecError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
  });
});

describe("what a reader takes for granted is noted", () => {
  const zeros = (frames: number, layers: number): Uint8Array => serializeCodes(new Codes(new Int16Array(frames * layers), layers), "npy");
  const bare = (frames: number, layers: number): Uint8Array =>
    utf8(JSON.stringify(Array.from({ length: frames }, () => new Array(layers).fill(0))));
  it.each<[string, Uint8Array, ParseCodesOptions, readonly [number, number], RegExp | undefined]>([
    [
      "16 rows of 10 columns may be layers",
      zeros(16, 10),
      {},
      [16, 10],
      /^read as 16 frames of 10 layers; if it is 16 layers of 10 frames/,
    ],
    ["16 rows of 16 columns may be either", zeros(16, 16), {}, [16, 16], /axes "KT" \(--axes KT\)$/],
    ["so do 16 lists of 16 numbers", bare(16, 16), {}, [16, 16], /axes "KT"/],
    ["said to be frames, they are", zeros(16, 10), { axes: "TK" }, [16, 10], undefined],
    ["said to be layers, they are", zeros(16, 10), { axes: "KT" }, [10, 16], undefined],
    ["said to be layers, lists are", bare(16, 100), { axes: "KT" }, [100, 16], undefined],
    ["wanted as 16 layers, 16 rows of 16 are frames", zeros(16, 16), { layers: 16 }, [16, 16], undefined],
    ["17 rows are frames", zeros(17, 16), {}, [17, 16], undefined],
    ["our own JSON says its layers", serializeCodes(new Codes(new Int16Array(256), 16), "json"), {}, [16, 16], undefined],
    ["bytes after an array are left out", fixture("numpy-two-arrays.npy"), {}, [5, 16], /^152 bytes follow the array, which are left out$/],
  ])("%s", (_, bytes, options, [frames, layers], note) => {
    const parsed = parseCodes(bytes, options);
    expect(parsed.codes).toMatchObject({ frames, layers });
    expect(parsed.notes).toEqual(note === undefined ? [] : [expect.stringMatching(note)]);
  });

  it("a shape that can only be turned says how", () => {
    expect(() => parseCodes(zeros(100, 16), { layers: 100 })).toThrow(
      /if its axes are the other way round, read it with axes "KT" \(--axes KT\)/,
    );
  });
});
