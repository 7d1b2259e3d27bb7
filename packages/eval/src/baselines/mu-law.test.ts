import { describe, expect, it } from "vitest";
import { decodeInterleaved } from "../../../codec/dist/audio/sample-format.js";
import { decodeMuLaw, encodeMuLaw } from "./mu-law.ts";

const CODES = Array.from({ length: 256 }, (_, code) => code);

describe("mu-law", () => {
  it("gives every code back, the negative zero as the positive", () => {
    for (const code of CODES) expect(encodeMuLaw(decodeMuLaw(code))).toBe(code === 0x7f ? 0xff : code);
  });

  it("means by every code what the reader of WAV files does", () => {
    const [samples] = decodeInterleaved(Uint8Array.from(CODES), "mulaw", 1, true);
    for (const code of CODES) expect(decodeMuLaw(code)).toBe(samples[code]);
  });

  it("has the values of G.711, tables 2a and 2b", () => {
    // character signal, value in 1/8192: the ends of segments
    for (const [code, value] of [
      [0b1000_0000, 8031],
      [0b1000_1111, 4191],
      [0b1001_0000, 3999],
      [0b1110_1111, 33],
      [0b1111_1110, 2],
      [0b1111_1111, 0],
      [0b0000_0000, -8031],
    ])
      expect(decodeMuLaw(code) * 8192).toBeCloseTo(value, 9);
  });

  it("decides at the decision values of table 2a", () => {
    for (const [value, code] of [
      [0.99, 0b1111_1111],
      [1, 0b1111_1110],
      [30.9, 0b1111_0000],
      [31, 0b1110_1111],
      [4062.9, 0b1000_1111 + 1],
      [7902.9, 0b1000_0001],
      [7903, 0b1000_0000],
    ])
      expect(encodeMuLaw(value / 8192)).toBe(code);
  });

  it("takes each sample to the nearest value but one step", () => {
    for (let x = -1; x <= 1; x += 0.0009)
      expect(Math.abs(decodeMuLaw(encodeMuLaw(x)) - x)).toBeLessThanOrEqual(Math.abs(x) / 32 + 2 / 8192);
  });

  it("clips what is beyond full scale", () => {
    expect(encodeMuLaw(5)).toBe(0x80);
    expect(encodeMuLaw(-5)).toBe(0x00);
  });
});
