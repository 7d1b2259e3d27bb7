import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { CODES_FORMATS, codesFormatOf, parseCodes, serializeCodes } from "./codes-format.ts";
import { parseCodesJson, serializeCodesJson } from "./codes-json.ts";
import { parseJsonl, serializeJsonl } from "./jsonl.ts";
import { parseNpy, serializeNpy } from "./npy.ts";
import { parsePt, serializePt } from "./pt.ts";
import { writeStoredZip } from "./stored-zip.ts";
import { codesFixture } from "@twelvehz/test-support/sound.ts";
import { writeTensorPickle } from "./tensor-pickle.ts";

/** The codes of test/fixtures/codes/README.md. */
const known = new Codes(
  Int16Array.from({ length: 80 }, (_, i) => (Math.floor(i / 16) * 977 + (i % 16) * 131) % 2048),
  16,
);
const model = { name: "demo", id: "000102030405060708090a0b0c0d0e0f" };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function errorOf(action: () => unknown): CodecError {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const anyCodes = fc
  .tuple(fc.integer({ min: 1, max: 64 }), fc.nat(12), fc.nat(9999), fc.option(fc.nat(1919), { nil: undefined }))
  .map(([layers, frames, seed, missing]) => {
    const data = Int16Array.from({ length: layers * frames }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 9) % 2048);
    return new Codes(data, layers, { model, sampleCount: missing === undefined || frames === 0 ? undefined : frames * 1920 - missing });
  });

/** A .npy file with any header, element writer and order. */
function npyOf(descr: string, shape: string, fortran: boolean, bytes: Uint8Array, major = 1): Uint8Array {
  const dict = utf8(`{'descr': ${descr}, 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }\n`);
  const head = major === 1 ? [dict.length & 255, dict.length >> 8] : [dict.length & 255, dict.length >> 8, 0, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0, ...head, ...dict, ...bytes);
}

describe("every format", () => {
  it.each(CODES_FORMATS)("gives back any codes as .%s, at odd offsets too, and leaves its input as it was", (format) => {
    fc.assert(
      fc.property(anyCodes, (codes) => {
        const before = codes.data.slice();
        const bytes = serializeCodes(codes, format);
        const odd = new Uint8Array(bytes.length + 1).subarray(1);
        odd.set(bytes);
        const parsed = parseCodes(odd, { name: `clip.${format}`, layers: codes.layers });
        expect(parsed).toMatchObject({ format, complete: true, damage: [] });
        expect(parsed.codes).toMatchObject({ data: codes.data, layers: codes.layers, codebookSize: 2048 });
        if (format === "t12" || format === "json") expect(parsed.codes).toEqual(codes);
        expect(odd).toEqual(bytes);
        expect(codes.data).toEqual(before);
      }),
    );
  });

  it("is found by its content when the name says another or nothing", () => {
    for (const format of ["t12", "npy", "pt", "json"] as const)
      expect(parseCodes(serializeCodes(known, format), { name: "-" }).format).toBe(format);
    expect(parseCodes(serializeCodes(known, "npy"), { name: "clip.json" }).format).toBe("npy");
  });

  it("is chosen by the extension for output, in either case", () => {
    expect(["a.T12", "b/c.npy", "x.y.json", "a.jsonl", "a.pt"].map(codesFormatOf)).toEqual(["t12", "npy", "json", "jsonl", "pt"]);
    for (const name of ["codes", "a.wav", "npy", "a.t12/b", "-"]) expect(errorOf(() => codesFormatOf(name)).code).toBe("usage");
  });

  it("refuses codes of another model, and passes those that name none", () => {
    const other = { name: "published", id: "f".repeat(32) };
    const mine = new Codes(known.data, 16, { model });
    for (const format of ["t12", "json"] as const) {
      expect(errorOf(() => parseCodes(serializeCodes(mine, format), { expectedModel: other })).code).toBe("model-mismatch");
      expect(parseCodes(serializeCodes(mine, format), { expectedModel: model }).codes.model).toEqual(model);
    }
    expect(parseCodes(serializeCodes(mine, "npy"), { expectedModel: other }).codes.model).toBeUndefined();
  });

  it.each(CODES_FORMATS)("refuses another number of layers than is wanted in .%s", (format) => {
    expect(errorOf(() => parseCodes(serializeCodes(known, format), { name: `a.${format}`, layers: 8 })).code).toBe("bad-codes");
  });

  it("refuses what is empty and what is none of them", () => {
    expect(errorOf(() => parseCodes(new Uint8Array(0), { name: "a.t12" })).message).toContain("the file is empty");
    expect(errorOf(() => parseCodes(utf8("hello"), { name: "hello" })).code).toBe("unsupported");
    for (const format of CODES_FORMATS)
      expect(["bad-format", "unsupported"]).toContain(errorOf(() => parseCodes(utf8("hello"), { name: `a.${format}` })).code);
  });

  it("salvages a damaged token file only when it is asked to", () => {
    const bytes = serializeCodes(known, "t12", { blockFrames: 2 });
    bytes[70] ^= 1;
    expect(errorOf(() => parseCodes(bytes)).code).toBe("bad-format");
    expect(parseCodes(bytes, { salvage: true })).toMatchObject({ codes: { frames: 3 }, damage: [{ firstFrame: 0, frames: 2 }] });
  });

  it.each(CODES_FORMATS)("answers mutated .%s files with codes or one clear error", (format) => {
    const original = serializeCodes(known, format);
    const change = fc.record({ at: fc.nat(original.length - 1), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.boolean(), (changes, salvage) => {
        let bytes = [...original];
        for (const { at, remove, insert } of changes) bytes = [...bytes.slice(0, at), ...insert, ...bytes.slice(at + remove)];
        try {
          expect(parseCodes(Uint8Array.from(bytes), { name: `a.${format}`, salvage }).codes).toBeInstanceOf(Codes);
        } catch (error) {
          if (!(error instanceof CodecError)) throw error;
          expect(error.message).toMatch(/^Cannot .*[^.]$/s);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe(".npy", () => {
  it.each(["numpy-int16.npy", "numpy-int64-fortran.npy", "numpy-uint16-big-endian.npy", "numpy-int16-v3.npy"])(
    "reads %s as NumPy wrote it",
    (name) => {
      expect(parseNpy(codesFixture(name))).toEqual(known);
    },
  );

  it("writes the bytes that NumPy writes", () => {
    expect(serializeNpy(known)).toEqual(codesFixture("numpy-int16.npy"));
  });

  it("reads every integer type in both orders and both byte orders", () => {
    const types = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];
    for (const [i, type] of types.entries()) {
      const size = 2 ** (i >> 1);
      for (const littleEndian of [true, false]) {
        for (const fortran of [true, false]) {
          const bytes = new Uint8Array(6 * size);
          const cells = fortran ? [1, 4, 2, 5, 3, 6] : [1, 2, 3, 4, 5, 6];
          for (const [j, value] of cells.entries()) bytes[j * size + (littleEndian ? 0 : size - 1)] = value;
          const descr = `'${littleEndian ? "<" : ">"}${type.startsWith("u") ? "u" : "i"}${size}'`;
          expect(parseNpy(npyOf(descr, "(2, 3)", fortran, bytes, 2)).data).toEqual(Int16Array.of(1, 2, 3, 4, 5, 6));
        }
      }
    }
  });

  it("reads layers first only when it is told so", () => {
    const bytes = npyOf("'<i2'", "(2, 3)", false, Uint8Array.of(1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0));
    expect(parseNpy(bytes).layers).toBe(3);
    expect(parseNpy(bytes, { axes: "KT" })).toMatchObject({ layers: 2, data: Int16Array.of(1, 4, 2, 5, 3, 6) });
    expect(errorOf(() => parseNpy(bytes, { layers: 2 })).message).toContain('read it with axes "KT"');
  });

  const two = Uint8Array.of(1, 0, 2, 0);
  it.each([
    ["one axis", npyOf("'<i2'", "(2,)", false, two), "bad-codes", "reshape(-1, 16)"],
    ["three axes", npyOf("'<i2'", "(1, 1, 2)", false, two), "bad-codes", "without a batch axis"],
    ["no axes", npyOf("'<i2'", "()", false, two.subarray(2)), "bad-codes", "two axes"],
    ["65 layers", npyOf("'<i2'", "(1, 65)", false, new Uint8Array(130)), "bad-codes", "1 to 64"],
    ["floats", npyOf("'<f4'", "(1, 1)", false, new Uint8Array(4)), "unsupported", 'astype("int16")'],
    ["records", npyOf("[('a', '<i2')]", "(1, 1)", false, two), "unsupported", "records"],
    ["Python objects", npyOf("'|O'", "(1, 1)", false, two), "unsupported", "integers are wanted"],
    ["a code of V", npyOf("'<i2'", "(1, 1)", false, Uint8Array.of(0, 8)), "bad-codes", "2048 at frame 0, layer 0"],
    ["the padding of a batch", npyOf("'<i2'", "(1, 2)", false, Uint8Array.of(1, 0, 255, 255)), "bad-codes", "padding of batches"],
    ["a huge 64-bit code", npyOf("'<u8'", "(1, 1)", false, new Uint8Array(8).fill(255)), "bad-codes", "18446744073709552000"],
    ["a code that would wrap to a valid one", npyOf("'<i4'", "(1, 1)", false, Uint8Array.of(5, 0, 1, 0)), "bad-codes", "65541"],
    ["too few bytes", npyOf("'<i2'", "(3, 2)", false, two), "bad-format", "takes 12 bytes, there are 4"],
    ["an enormous shape", npyOf("'<i2'", "(9999999999, 9999999999)", false, two), "bad-format", "there are 4"],
    ["version 9", Uint8Array.of(...npyOf("'<i2'", "(1, 2)", false, two).subarray(0, 6), 9, 0, 0, 0, 0, 0), "unsupported", "version 9"],
    ["a cut header", npyOf("'<i2'", "(1, 2)", false, two).subarray(0, 30), "bad-format", "ends within the header"],
    ["a header of a gigabyte", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0, 0, 64), "too-large", "limit"],
  ])("refuses %s", (_name, bytes, code, text) => {
    const error = errorOf(() => parseNpy(bytes));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });
});

describe(".json", () => {
  it("writes one frame a line and everything that codes carry", () => {
    const codes = new Codes(Int16Array.of(1, 2, 3, 4), 2, { codebookSize: 8, model, sampleCount: 3000 });
    const text = `{"model":{"name":"demo","id":"${model.id}"},"frameRate":12.5,"codebookSize":8,"layers":2,"sampleCount":3000,"codes":[\n[1,2],\n[3,4]\n]}\n`;
    expect(new TextDecoder().decode(serializeCodesJson(codes))).toBe(text);
    expect(parseCodesJson(utf8(text))).toEqual(codes);
  });

  it("reads a bare array and an object that only has codes", () => {
    for (const text of ["[[1,2],[3,4]]", '\ufeff {"codes": [[1,2],[3,4]]} '])
      expect(parseCodesJson(utf8(text))).toEqual(new Codes(Int16Array.of(1, 2, 3, 4), 2));
    expect(parseCodesJson(utf8("[]"))).toMatchObject({ frames: 0, layers: 16 });
  });

  it.each([
    ["no JSON", "[[1,2", "bad-format"],
    ["a number", "3", "bad-format"],
    ["an object without codes", '{"code": []}', "bad-format"],
    ["codes that are a text", '{"codes": "1 2"}', "bad-codes"],
    ["a flat list", "[1,2,3]", "bad-codes"],
    ["frames of different length", "[[1,2],[3]]", "bad-codes"],
    ["a frame that is no list", "[[1,2],3]", "bad-codes"],
    ["a fraction", "[[1.5]]", "bad-codes"],
    ["a text among the codes", '[["1"]]', "bad-codes"],
    ["null among the codes", "[[null]]", "bad-codes"],
    ["a code of V", "[[2048]]", "bad-codes"],
    ["a negative code", "[[-1]]", "bad-codes"],
    ["a code that would wrap", "[[65537]]", "bad-codes"],
    ["no layers", "[[]]", "bad-codes"],
    ["65 layers", `[[${Array(65).fill(0)}]]`, "bad-codes"],
    ["layers that are not those of the frames", '{"layers": 3, "codes": [[1,2]]}', "bad-codes"],
    ["a codebook of 1e9 entries", '{"codebookSize": 1000000000, "codes": [[40000]]}', "bad-codes"],
    ["a codebook size that is a text", '{"codebookSize": "8", "codes": [[1]]}', "bad-format"],
    ["more samples than the frames stand for", '{"sampleCount": 1921, "codes": [[1]]}', "bad-format"],
    ["a negative frame rate", '{"frameRate": -1, "codes": [[1]]}', "bad-format"],
    ["a model without id", '{"model": {"name": "a"}, "codes": [[1]]}', "bad-format"],
  ])("refuses %s", (_name, text, code) => {
    expect(errorOf(() => parseCodesJson(utf8(text))).code).toBe(code);
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(errorOf(() => parseCodesJson(Uint8Array.of(0x5b, 0xff, 0x5d))).code).toBe("bad-format");
  });
});

describe(".jsonl", () => {
  it("keeps the other fields of every row", () => {
    const rows = [
      { codes: known, fields: { audio: "a.wav", text: "你好", ref_audio: null } },
      { codes: known.slice(0, 2), fields: {} },
    ];
    const bytes = serializeJsonl(rows);
    expect(parseJsonl(bytes)).toEqual(rows);
    expect(
      new TextDecoder().decode(bytes).split("\n")[0].startsWith('{"audio":"a.wav","text":"你好","ref_audio":null,"audio_codes":[[0,131,'),
    ).toBe(true);
  });

  it("takes CRLF, empty lines and a last line without end", () => {
    expect(
      parseJsonl(utf8('{"audio_codes":[[1]]}\r\n\r\n  \n{"audio_codes":[[2]],"n":1}')).map((row) => [row.codes.data[0], row.fields]),
    ).toEqual([
      [1, {}],
      [2, { n: 1 }],
    ]);
    expect(parseJsonl(new Uint8Array(0))).toEqual([]);
  });

  it("names the line that is wrong", () => {
    for (const line of ["{", "[]", '{"audio": 1}'])
      expect(errorOf(() => parseJsonl(utf8(`{"audio_codes":[[1]]}\n\n${line}\n`)))).toMatchObject({
        code: "bad-format",
        message: expect.stringContaining("line 3"),
      });
    expect(errorOf(() => parseJsonl(utf8('{"audio_codes":[[1],[9999]]}')))).toMatchObject({
      code: "bad-codes",
      message: expect.stringContaining("frame 1, layer 0 of line 1"),
    });
  });

  it("is one clip only when it has one row", () => {
    expect(errorOf(() => parseCodes(utf8('{"audio_codes":[[1]]}\n{"audio_codes":[[1]]}'), { name: "a.jsonl" })).message).toContain(
      "has 2 rows",
    );
  });
});

describe(".pt", () => {
  it.each(["torch-int16.pt", "torch-int64-dict.pt", "torch-int32-transposed.pt"])("reads %s as PyTorch wrote it", (name) => {
    expect(parsePt(codesFixture(name))).toEqual(known);
  });

  it("writes the file that torch.load was checked with", () => {
    // test/fixtures/codes/twelvehz.pt: loaded by PyTorch 2.15.0, see README.md there
    expect(serializePt(known)).toEqual(codesFixture("twelvehz.pt"));
  });

  it("reports every flipped bit of the numbers and of their description", () => {
    const file = serializePt(known);
    for (let at = 0; at < file.length * 8; at++) {
      const bytes = file.slice();
      bytes[at >> 3] ^= 1 << (at & 7);
      try {
        expect(parsePt(bytes)).toEqual(known); // a flip in padding, dates or unused fields
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    }
  });

  it("never runs what a pickle asks for", () => {
    expect(errorOf(() => parsePt(codesFixture("torch-module-call.pt")))).toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/"posix system"/),
    });
  });

  const pt = (pickle: Uint8Array, data: Uint8Array, byteOrder = "little"): Uint8Array =>
    writeStoredZip(
      new Map([
        ["a/data.pkl", pickle],
        ["a/byteorder", utf8(byteOrder)],
        ["a/data/0", data],
      ]),
    );
  it.each([
    ["floats", codesFixture("torch-float.pt"), "unsupported"],
    ["an archive without a pickle", writeStoredZip(new Map([["a.txt", utf8("hi")]])), "bad-format"],
    ["an archive without the numbers", writeStoredZip(new Map([["a/data.pkl", writeTensorPickle(1, 1)]])), "bad-format"],
    ["fewer numbers than the shape", pt(writeTensorPickle(3, 2), new Uint8Array(10)), "bad-format"],
    ["an enormous shape", pt(writeTensorPickle(2 ** 30, 64), new Uint8Array(10)), "bad-format"],
    ["a big-endian file", pt(writeTensorPickle(1, 1), new Uint8Array(2), "big"), "unsupported"],
    ["an empty pickle", pt(new Uint8Array(0), new Uint8Array(2)), "bad-format"],
    ["a pickle that pops what is not there", pt(Uint8Array.of(0x80, 2, 0x52, 0x2e), new Uint8Array(2)), "bad-format"],
    ["a pickle of a number", pt(Uint8Array.of(0x80, 2, 0x4b, 7, 0x2e), new Uint8Array(2)), "unsupported"],
    ["a pickle of protocol 4", pt(Uint8Array.of(0x80, 4, 0x4b, 7, 0x2e), new Uint8Array(2)), "unsupported"],
    ["a half archive", codesFixture("torch-int16.pt").subarray(0, 900), "bad-format"],
    ["the format before PyTorch 1.6", Uint8Array.of(0x80, 2, 0x8a, 10), "unsupported"],
  ])("refuses %s", (_name, bytes, code) => {
    expect(errorOf(() => parsePt(bytes)).code).toBe(code);
  });
});
