import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../bytes/byte-source.ts";
import { CodecError } from "../errors.ts";
import { floatsOf, openSafetensors, readSafetensorsIndex, tensorData } from "./safetensors.ts";
import { writeSafetensors } from "@twelvehz/test-support/write-safetensors.mjs";

function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  return out;
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

const sample = writeSafetensors(
  {
    codes: { dtype: "I16", shape: [3], data: Int16Array.of(1, -2, 3) },
    weight: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2.5, -3, 4) },
    scale: { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
    bytes: { dtype: "I8", shape: [3], data: Int8Array.of(-128, 0, 127) },
    count: { dtype: "I64", shape: [], data: BigInt64Array.of(-7n) },
  },
  { format: "pt" },
);

describe("safetensors", () => {
  it("gives back what was written, with shapes and metadata", () => {
    const index = readSafetensorsIndex(sample);
    expect(index.metadata).toEqual({ format: "pt" });
    expect(index.tensors.get("weight")?.shape).toEqual([2, 2]);
    expect(tensorData(sample, index, "weight")).toEqual(Float32Array.of(1, 2.5, -3, 4));
    expect(tensorData(sample, index, "codes")).toEqual(Int16Array.of(1, -2, 3));
    expect(tensorData(sample, index, "count")).toEqual(BigInt64Array.of(-7n));
    expect(floatsOf(tensorData(sample, index, "scale"), "BF16")).toEqual(Float32Array.of(1, -2));
    expect(floatsOf(tensorData(sample, index, "bytes"), "I8")).toEqual(Float32Array.of(-128, 0, 127));
  });

  it("gives float32 data of an aligned file as a view and of an odd offset as an equal copy", () => {
    const odd = new Uint8Array(sample.length + 1).subarray(1);
    odd.set(sample);
    const index = readSafetensorsIndex(odd);
    expect(tensorData(odd, index, "weight")).toEqual(tensorData(sample, index, "weight"));
    expect(tensorData(sample, index, "weight").buffer).toBe(sample.buffer);
    expect(tensorData(odd, index, "weight").buffer).not.toBe(odd.buffer);
  });

  it("reads the header through a byte source, and from the beginning of the file alone", async () => {
    const source = bytesSource(sample);
    const index = await openSafetensors(source);
    expect(readSafetensorsIndex(sample.subarray(0, index.dataOffset), sample.length)).toEqual(index);
  });

  it("reads back random tensors of any type", () => {
    const floats = fc.array(fc.float({ noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 8 }), { maxLength: 5 }), floats, (names, values) => {
        const data = Float32Array.from(values);
        const wanted = names.filter((n) => n !== "__metadata__" && n !== "__proto__");
        const file = writeSafetensors(Object.fromEntries(wanted.map((n) => [n, { dtype: "F32", shape: [data.length], data }])));
        const index = readSafetensorsIndex(file);
        expect(new Set(index.tensors.keys())).toEqual(new Set(wanted));
        for (const name of wanted) expect(tensorData(file, index, name)).toEqual(data);
      }),
    );
  });

  it("converts every half-precision bit pattern exactly", () => {
    // IEEE 754-2019 binary16: 1, -2, largest 65504, smallest normal 2^-14, smallest subnormal
    // 2^-24, infinities
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00, 0xfc00);
    expect([...floatsOf(bits, "F16")]).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, Infinity, -Infinity]);
    expect(floatsOf(Uint16Array.of(0x7e00), "F16")[0]).toBeNaN();
  });

  it("keeps element types it does not know as bytes", () => {
    const file = fileOf({ x: { dtype: "F4", shape: [4], data_offsets: [0, 2] } }, 2);
    const index = readSafetensorsIndex(file);
    expect(tensorData(file, index, "x")).toEqual(new Uint8Array(2));
    expect(codeOf(() => floatsOf(tensorData(file, index, "x"), "F4"))).toBe("unsupported");
  });

  const entry = { dtype: "I8", shape: [2], data_offsets: [0, 2] };
  it.each([
    ["no bytes at all", new Uint8Array(0), "bad-format"],
    ["a header longer than the file", fileOf("{}").subarray(0, 9), "bad-format"],
    ["a header over the limit", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255), "too-large"],
    ["a header that is no JSON", fileOf("{,}"), "bad-format"],
    ["a header that is a list", fileOf([]), "bad-format"],
    ["a name that occurs twice", fileOf(`{"a":${JSON.stringify(entry)},"\\u0061":${JSON.stringify(entry)}}`, 2), "bad-format"],
    ["an entry that is no object", fileOf({ a: 3 }), "bad-format"],
    ["no element type", fileOf({ a: { ...entry, dtype: 3 } }, 2), "bad-format"],
    ["a negative size", fileOf({ a: { ...entry, shape: [-2] } }, 2), "bad-format"],
    ["a size that is no integer", fileOf({ a: { ...entry, shape: [1.5] } }, 2), "bad-format"],
    ["a thousand axes", fileOf({ a: { ...entry, shape: Array(1000).fill(1) } }, 2), "bad-format"],
    ["offsets that run backwards", fileOf({ a: { ...entry, data_offsets: [2, 0] } }, 2), "bad-format"],
    ["a shape that does not fit the bytes", fileOf({ a: { ...entry, shape: [3] } }, 2), "bad-format"],
    ["an enormous shape", fileOf({ a: { ...entry, shape: [2 ** 50, 2 ** 50] } }, 2), "bad-format"],
    ["data past the end", fileOf({ a: { ...entry, shape: [9], data_offsets: [0, 9] } }, 2), "bad-format"],
    ["bytes that belong to no tensor", fileOf({ a: entry }, 3), "bad-format"],
    ["overlapping tensors", fileOf({ a: entry, b: { ...entry, data_offsets: [1, 3] } }, 3), "bad-format"],
    ["metadata that are no strings", fileOf({ __metadata__: { a: 1 } }), "bad-format"],
  ])("refuses %s", (_name, bytes, code) => {
    expect(codeOf(() => readSafetensorsIndex(bytes))).toBe(code);
  });

  it("names the tensor that is missing", () => {
    const index = readSafetensorsIndex(sample);
    expect(() => tensorData(sample, index, "encoder.w")).toThrow('Cannot find tensor "encoder.w"');
  });

  it("reports every cut of a file", () => {
    for (let length = 0; length < sample.length; length++)
      expect(codeOf(() => readSafetensorsIndex(sample.subarray(0, length)))).toBe("bad-format");
  });

  it("answers bytes that were changed at random with an index or a clear error", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
        const file = sample.slice();
        for (const [at, value] of changes) file[at] = value;
        expect(["none", "bad-format", "too-large"]).toContain(codeOf(() => readSafetensorsIndex(file)));
      }),
      { numRuns: 300 },
    );
  });
});
