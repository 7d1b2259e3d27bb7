import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, crc32c } from "./crc32c.ts";

describe("crc32c", () => {
  // RFC 3720 appendix B.4; its tables print the bytes of the checksum lowest first
  it.each([
    ["32 bytes of zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 incrementing bytes", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["32 decrementing bytes", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("gives the checksum of the standard for %s", (_name, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  it("gives the check values of both polynomials for 123456789", () => {
    const digits = new TextEncoder().encode("123456789");
    expect(crc32c(digits)).toBe(0xe3069283);
    expect(crc32(digits)).toBe(0xcbf43926);
  });

  it("goes on from the checksum of the bytes before", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(crc32c(b, crc32c(a))).toBe(crc32c(Uint8Array.of(...a, ...b)));
      }),
    );
  });
});
