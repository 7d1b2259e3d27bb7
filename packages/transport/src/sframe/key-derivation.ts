// Keys from keys: HKDF (RFC 5869) as RFC 9605 sections 4.4.2 and 5.1 use it.
import { joinBytes } from "@twelvehz/codec";
import { type CipherSuite, NONCE_BYTES } from "./cipher-suite.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * HKDF-Extract, then HKDF-Expand.
 * @param byteLength of the result
 */
export async function hkdf(
  hash: CipherSuite["hash"],
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  byteLength: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", Uint8Array.from(secret), "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash, salt: Uint8Array.from(salt), info: Uint8Array.from(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * byteLength));
}

/** Key and salt of a base key under a key id: RFC 9605 section 4.4.2. */
export async function deriveKeyAndSalt(suite: CipherSuite, baseKey: Uint8Array, kid: bigint): Promise<{ key: Bytes; salt: Bytes }> {
  const suffix = new DataView(new ArrayBuffer(10));
  suffix.setBigUint64(0, kid);
  suffix.setUint16(8, suite.id);
  const derive = (label: string, byteLength: number): Promise<Bytes> =>
    hkdf(
      suite.hash,
      baseKey,
      new Uint8Array(0),
      joinBytes([ascii(`SFrame 1.0 Secret ${label} `), new Uint8Array(suffix.buffer)]),
      byteLength,
    );
  return { key: await derive("key", suite.keyBytes), salt: await derive("salt", NONCE_BYTES) };
}

/**
 * The base key after this one: RFC 9605 section 5.1. Who learns it learns nothing of the ones
 * before.
 */
export function ratchet(suite: CipherSuite, baseKey: Uint8Array): Promise<Bytes> {
  return hkdf(suite.hash, baseKey, new Uint8Array(0), ascii("SFrame 1.0 Ratchet"), suite.hash === "SHA-256" ? 32 : 64);
}

/** A text of ASCII as bytes. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
