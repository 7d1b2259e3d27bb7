import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitReader, OutOfBits } from "./bit-reader.ts";

/** A number of a width, to be written and read. */
const field = fc
  .integer({ min: 1, max: 32 })
  .chain((width) => fc.record({ width: fc.constant(width), value: fc.integer({ min: 0, max: 2 ** width - 1 }) }));

function bytesOf(bits: string): Uint8Array {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

describe("BitReader", () => {
  it("reads numbers of any width as they were written", () => {
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const reader = new BitReader(bytesOf(fields.map(({ width, value }) => value.toString(2).padStart(width, "0")).join("")));
        expect(fields.map(({ width }) => reader.unsigned(width))).toEqual(fields.map(({ value }) => value));
      }),
    );
  });

  it("reads two's complement of up to 33 bits", () => {
    const values = [-(2 ** 32), 2 ** 32 - 1, -1, 0];
    const bits = values.map((x) => (x < 0 ? x + 2 ** 33 : x).toString(2).padStart(33, "0")).join("");
    const reader = new BitReader(bytesOf(bits));
    expect(values.map(() => reader.signed(33))).toEqual(values);
  });

  it("counts zeros up to a one, over any number of bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 })), (runs) => {
        const reader = new BitReader(bytesOf(runs.map((run) => `${"0".repeat(run)}1`).join("")));
        expect(runs.map(() => reader.unary())).toEqual(runs);
      }),
    );
  });

  it("ends with an error, also where a one is never found", () => {
    expect(() => new BitReader(new Uint8Array(3)).unsigned(25)).toThrow(OutOfBits);
    expect(() => new BitReader(new Uint8Array(100)).unary()).toThrow(OutOfBits);
    expect(() => new BitReader(new Uint8Array(0)).unsigned(1)).toThrow(OutOfBits);
  });
});
