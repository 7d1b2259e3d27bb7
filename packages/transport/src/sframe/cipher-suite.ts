// The cipher suites of RFC 9605, section 4.5, on WebCrypto, which pages and Node share. HMAC of a
// packet is computed here and now: a call to WebCrypto costs ten times as much as its work on so few
// bytes, and SHA-256 takes no branch and no address from what is secret, as AES in tables would.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { joinBytes } from "@twelvehz/codec";

/** One registered suite: RFC 9605 section 4.5, table 1, and section 8.1. */
export interface CipherSuite {
  /** Number in the registry. */
  readonly id: number;
  readonly name: string;
  readonly hash: "SHA-256" | "SHA-512";
  /** Nka, bytes of the AES key. */
  readonly cipherKeyBytes: number;
  /** Nk, bytes of the whole key. */
  readonly keyBytes: number;
  /** Nt, bytes of the tag. */
  readonly tagBytes: number;
}

/** Nn, bytes of a nonce, in every suite. */
export const NONCE_BYTES = 12;

/** Every suite of the RFC, by its number. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { id: 1, name: "AES_128_CTR_HMAC_SHA256_80", hash: "SHA-256", cipherKeyBytes: 16, keyBytes: 48, tagBytes: 10 },
  { id: 2, name: "AES_128_CTR_HMAC_SHA256_64", hash: "SHA-256", cipherKeyBytes: 16, keyBytes: 48, tagBytes: 8 },
  { id: 3, name: "AES_128_CTR_HMAC_SHA256_32", hash: "SHA-256", cipherKeyBytes: 16, keyBytes: 48, tagBytes: 4 },
  { id: 4, name: "AES_128_GCM_SHA256_128", hash: "SHA-256", cipherKeyBytes: 16, keyBytes: 16, tagBytes: 16 },
  { id: 5, name: "AES_256_GCM_SHA512_128", hash: "SHA-512", cipherKeyBytes: 32, keyBytes: 32, tagBytes: 16 },
];

/**
 * The suite of a number.
 * @throws RangeError when the RFC has none
 */
export function cipherSuite(id: number): CipherSuite {
  const found = CIPHER_SUITES.find((suite) => suite.id === id);
  if (!found) throw new RangeError(`Cannot use ${id} as "suite": RFC 9605 has the suites 1 to ${CIPHER_SUITES.length}`);
  return found;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** An AEAD with its key. */
export interface Aead {
  /** Ciphertext and tag. */
  seal(nonce: Bytes, aad: Bytes, plaintext: Bytes): Promise<Bytes>;
  /** The plaintext, or undefined where the tag is wrong. */
  open(nonce: Bytes, aad: Bytes, ciphertext: Bytes): Promise<Bytes | undefined>;
}

/** @param key Nk bytes */
export async function openAead(suite: CipherSuite, key: Bytes): Promise<Aead> {
  return suite.keyBytes === suite.cipherKeyBytes ? openGcm(suite, key) : openCtrHmac(suite, key);
}

async function openGcm({ tagBytes }: CipherSuite, raw: Bytes): Promise<Aead> {
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const parameters = (iv: Bytes, additionalData: Bytes): AesGcmParams => ({ name: "AES-GCM", iv, additionalData, tagLength: 8 * tagBytes });
  return {
    seal: async (nonce, aad, plaintext) => new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, aad), key, plaintext)),
    open: async (nonce, aad, ciphertext) => {
      const opened = await crypto.subtle.decrypt(parameters(nonce, aad), key, ciphertext).catch(() => undefined);
      return opened && new Uint8Array(opened);
    },
  };
}

/**
 * AES in counter mode, then HMAC over lengths, nonce, additional data and ciphertext: RFC 9605
 * section 4.5.1.
 */
async function openCtrHmac({ cipherKeyBytes, tagBytes }: CipherSuite, raw: Bytes): Promise<Aead> {
  const cipherKey = await crypto.subtle.importKey("raw", raw.slice(0, cipherKeyBytes), "AES-CTR", false, ["encrypt", "decrypt"]);
  const keyed = hmac.create(sha256, raw.slice(cipherKeyBytes)); // of every suite of this kind
  const counterOf = (nonce: Bytes): AesCtrParams => ({ name: "AES-CTR", counter: joinBytes([nonce, new Uint8Array(4)]), length: 32 });
  const tagOf = (nonce: Bytes, aad: Bytes, body: Bytes): Bytes => {
    const lengths = new DataView(new ArrayBuffer(24));
    [aad.length, body.length, tagBytes].forEach((length, i) => lengths.setUint32(8 * i + 4, length)); // 64 bits, big-endian
    const mac = keyed.clone().update(joinBytes([new Uint8Array(lengths.buffer), nonce, aad, body]));
    return mac.digest().slice(0, tagBytes);
  };
  return {
    seal: async (nonce, aad, plaintext) => {
      const body = new Uint8Array(await crypto.subtle.encrypt(counterOf(nonce), cipherKey, plaintext));
      return joinBytes([body, tagOf(nonce, aad, body)]);
    },
    open: async (nonce, aad, ciphertext) => {
      if (ciphertext.length < tagBytes) return undefined;
      const [body, tag] = [ciphertext.slice(0, -tagBytes), ciphertext.subarray(-tagBytes)];
      if (!isSame(tag, tagOf(nonce, aad, body))) return undefined;
      return new Uint8Array(await crypto.subtle.decrypt(counterOf(nonce), cipherKey, body));
    },
  };
}

/** Takes the same time wherever two tags of equal length differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((difference, byte, i) => difference | (byte ^ b[i]), 0) === 0;
}
