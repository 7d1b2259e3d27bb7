import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CIPHER_SUITES, cipherSuite, openAead } from "./cipher-suite.ts";
import { decodeSFrameHeader, encodeSFrameHeader } from "./header.ts";
import { deriveKeyAndSalt, ratchet } from "./key-derivation.ts";
import { ReplayWindow } from "./replay-window.ts";
import { SFrameKey } from "./sframe-key.ts";

/**
 * Appendix C of RFC 9605, from the working group's test-vectors.json: numbers are hexadecimal here,
 * for 64 bits are more than JSON numbers hold.
 */
interface Vectors {
  readonly header: readonly { readonly kid: string; readonly ctr: string; readonly encoded: string }[];
  readonly aesCtrHmac: readonly Readonly<Record<"suite" | "key" | "nonce" | "aad" | "pt" | "ct", string>>[];
  readonly sframe: readonly Readonly<Record<"suite" | "kid" | "ctr" | "baseKey" | "key" | "salt" | "metadata" | "pt" | "ct", string>>[];
}
const { header, aesCtrHmac, sframe } = JSON.parse(
  readFileSync(fileURLToPath(new URL("rfc9605-vectors.json", import.meta.url)), "utf8"),
) as Vectors;

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const number = (text: string): bigint => BigInt(`0x${text}`);

describe("SFrame, against the vectors of RFC 9605", () => {
  it("writes and reads every header", () => {
    expect(header.length).toBeGreaterThan(200);
    for (const { kid, ctr, encoded } of header) {
      const wanted = { kid: number(kid), ctr: number(ctr) };
      expect(hex(encodeSFrameHeader(wanted))).toBe(encoded);
      expect(decodeSFrameHeader(bytes(encoded))).toEqual({ ...wanted, byteLength: encoded.length / 2 });
    }
  });

  it.each(aesCtrHmac)("seals and opens with AES-CTR and HMAC of suite $suite", async ({ suite, key, nonce, aad, pt, ct }) => {
    const aead = await openAead(cipherSuite(Number(suite)), bytes(key));
    expect(hex(await aead.seal(bytes(nonce), bytes(aad), bytes(pt)))).toBe(ct);
    expect(hex((await aead.open(bytes(nonce), bytes(aad), bytes(ct))) ?? bytes(""))).toBe(pt);
  });

  it.each(sframe)("derives keys, seals and opens in suite $suite", async ({ suite, kid, ctr, baseKey, key, salt, metadata, pt, ct }) => {
    const derived = await deriveKeyAndSalt(cipherSuite(Number(suite)), bytes(baseKey), number(kid));
    expect([hex(derived.key), hex(derived.salt)]).toEqual([key, salt]);
    const own = await SFrameKey.derive(cipherSuite(Number(suite)), bytes(baseKey), number(kid));
    expect(hex(await own.seal(number(ctr), bytes(pt), bytes(metadata)))).toBe(ct);
    const read = decodeSFrameHeader(bytes(ct));
    expect(hex(await own.open(bytes(ct), read.ctr, read.byteLength, bytes(metadata)))).toBe(pt);
  });
});

describe("an SFrame key", () => {
  it.each(CIPHER_SUITES)("of $name refuses every packet in which one bit was changed, and one that is cut short", async (suite) => {
    const key = await SFrameKey.derive(suite, bytes("00112233445566778899aabbccddeeff"), 5n);
    const sealed = await key.seal(9n, bytes("0102030405"));
    expect(sealed.length).toBe(2 + 5 + suite.tagBytes);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] ^= 1 << (bit & 7);
      await expect(key.open(changed, 9n, 2)).rejects.toMatchObject({ code: "bad-format" });
    }
    await expect(key.open(sealed.subarray(0, -1), 9n, 2)).rejects.toMatchObject({ code: "bad-format" });
    await expect(key.open(sealed, 10n, 2)).rejects.toMatchObject({ code: "bad-format" });
  });

  it("that is ratcheted on opens nothing of the one before", async () => {
    const suite = cipherSuite(2);
    const first = bytes("000102030405060708090a0b0c0d0e0f");
    const next = await ratchet(suite, first);
    expect(next.length).toBe(32);
    const sealed = await (await SFrameKey.derive(suite, first, 0n)).seal(8n, bytes("00"));
    await expect((await SFrameKey.derive(suite, next, 0n)).open(sealed, 8n, 2)).rejects.toMatchObject({ code: "bad-format" });
  });

  it("has a suite that the RFC knows", () => {
    expect(() => cipherSuite(6)).toThrow(/1 to 5/);
  });
});

describe("a damaged SFrame header", () => {
  it.each([
    ["", "0 bytes"],
    ["08", "cut short"],
    ["f1ff", "cut short"],
    ["0800", "shortest"],
    ["0807", "shortest"],
    ["090008", "shortest"],
  ])("%s is refused: %s", (text, reason) => {
    expect(() => decodeSFrameHeader(bytes(text))).toThrow(reason);
  });
});

describe("a replay window", () => {
  it("takes each number once, in any order, and none that is older than it reaches", () => {
    const window = new ReplayWindow(8);
    const take = (n: number): boolean => {
      if (!window.isNew(n)) return false;
      window.add(n);
      return true;
    };
    expect([3, 1, 3, 1, 0, 10, 3, 2, 9, 10, 9, 4].map(take)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect([100, 92, 93, 100].map(take)).toEqual([true, false, true, false]);
  });
});
