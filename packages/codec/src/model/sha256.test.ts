import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sha256 } from "./sha256.ts";

describe("SHA-256", () => {
  it("gives the digests of FIPS 180-4 for the empty message and for abc", () => {
    const hex = (text: string): string => Buffer.from(sha256(new TextEncoder().encode(text))).toString("hex");
    expect(hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("gives what Node gives for every length around a block, and for views", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => (i * 151 + length) % 256).subarray(3);
      expect(Buffer.from(sha256(bytes))).toEqual(createHash("sha256").update(bytes).digest());
    }
  });
});
