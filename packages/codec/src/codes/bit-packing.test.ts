import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsPerCode } from "./codes-spec.ts";
import { packCodes, packedBytes, unpackCodes } from "./bit-packing.ts";

describe("bit packing", () => {
  it("takes ceil(log2 V) bits for every codebook size", () => {
    for (let v = 2; v <= 32768; v++) expect(2 ** bitsPerCode(v) >= v && 2 ** (bitsPerCode(v) - 1) < v).toBe(true);
  });

  it("fills bytes from their lowest bit on and leaves the rest zero", () => {
    const out = new Uint8Array(2);
    packCodes(Int16Array.of(1, 2, 3, 4), 3, out, 0);
    expect(out).toEqual(Uint8Array.of(0xd1, 0x08)); // 1 + 2*8 + 3*64 + 4*512 = 0x8d1
  });

  it("gives back any codes of any width, at any offset, without touching its neighbours", () => {
    const widths = fc.integer({ min: 1, max: 15 });
    const cases = widths.chain((bits) => fc.tuple(fc.constant(bits), fc.array(fc.nat(2 ** bits - 1), { maxLength: 200 }), fc.nat(5)));
    fc.assert(
      fc.property(cases, ([bits, values, at]) => {
        const codes = Int16Array.from(values);
        const length = packedBytes(codes.length, bits);
        const out = new Uint8Array(at + length + 1).fill(0xaa);
        packCodes(codes, bits, out, at);
        expect(unpackCodes(out.subarray(at, at + length), codes.length, bits)).toEqual(codes);
        expect([...out.subarray(0, at), out[at + length]].every((byte) => byte === 0xaa)).toBe(true);
      }),
    );
  });
});
