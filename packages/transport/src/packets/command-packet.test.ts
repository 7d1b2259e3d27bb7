import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { commandPacketBytes, fitCommand, readCommandPacket, writeCommandPacket } from "./command-packet.ts";
import { crc16 } from "./crc16.ts";

const spec = { ...DEFAULT_SPEC, model: { name: "demo", id: "ab".repeat(16) } };
const codes = new Codes(
  Int16Array.from({ length: 41 * 16 }, (_, i) => (i * 7919) % 2048),
  16,
  spec,
);

describe("a command packet", () => {
  it("comes back with its model and as many layers as were sent", () => {
    for (const layers of [16, 8, 1]) {
      const sent = codes.firstLayers(layers);
      const packet = writeCommandPacket(sent);
      expect(packet.length).toBe(commandPacketBytes(41, layers, 2048));
      const read = readCommandPacket(packet, spec);
      expect([read.data, read.layers, read.model]).toEqual([sent.data, layers, spec.model]);
    }
  });

  it("of 3.2 seconds with 16 layers, or 7 with 8, stays under 1000 bytes with what SFrame adds", () => {
    const sframe = 1 + 6 + 8; // config byte, time in milliseconds, tag
    expect(commandPacketBytes(40, 16, 2048) + sframe).toBeLessThan(1000);
    expect(commandPacketBytes(88, 8, 2048) + sframe).toBeLessThan(1000);
  });

  it("is refused when any bit was changed, when it is cut short and when more follows", () => {
    const packet = writeCommandPacket(codes.slice(0, 3));
    for (let bit = 0; bit < 8 * packet.length; bit++) {
      const changed = Uint8Array.from(packet);
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(() => readCommandPacket(changed, spec)).toThrow(expect.objectContaining({ name: "CodecError" }));
    }
    for (const damaged of [packet.subarray(0, -1), packet.subarray(0, 8), new Uint8Array(0), Uint8Array.of(...packet, 0)])
      expect(() => readCommandPacket(damaged, spec)).toThrow(expect.objectContaining({ code: "bad-format" }));
  });

  it("of another model is refused by name", () => {
    const other = { ...spec, model: { name: "other", id: "cd".repeat(16) } };
    expect(() => readCommandPacket(writeCommandPacket(codes), other)).toThrow(
      expect.objectContaining({ code: "model-mismatch", message: expect.stringContaining('abab…: "other" is cdcd…') }),
    );
  });

  it("keeps the layers that fit, and says what one layer takes where none does", () => {
    expect(fitCommand(codes, 1000).layers).toBe(16);
    expect(fitCommand(codes, 500).layers).toBe(8);
    expect(() => fitCommand(codes, 64)).toThrow(
      expect.objectContaining({ code: "too-large", message: expect.stringContaining("takes 65") }),
    );
  });

  it("holds no more frames than its header counts", () => {
    const most = new Codes(new Int16Array(65536), 1, spec);
    expect(() => writeCommandPacket(most)).toThrow(RangeError);
    expect(() => writeCommandPacket(most.slice(0, 0))).toThrow(RangeError);
  });
});

describe("CRC-16", () => {
  it("has the check value of the catalogue, whole or in pieces", () => {
    const text = new TextEncoder().encode("123456789");
    expect(crc16(text)).toBe(0x29b1);
    expect(crc16(text.subarray(4), crc16(text.subarray(0, 4)))).toBe(0x29b1);
  });
});
