import { CodecError, joinBytes } from "@twelvehz/codec";
import { type Aead, type CipherSuite, NONCE_BYTES, openAead } from "./cipher-suite.ts";
import { encodeSFrameHeader } from "./header.ts";
import { deriveKeyAndSalt } from "./key-derivation.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * One key under its id, for one direction: never seal and open with the same base key (RFC 9605
 * section 4.4.1).
 */
export class SFrameKey {
  readonly kid: bigint;
  readonly suite: CipherSuite;
  readonly #salt: Bytes;
  readonly #aead: Aead;

  private constructor(suite: CipherSuite, kid: bigint, salt: Bytes, aead: Aead) {
    this.suite = suite;
    this.kid = kid;
    this.#salt = salt;
    this.#aead = aead;
  }

  /**
   * @param baseKey of any length; 16 or 32 random bytes are meant
   * @param kid 0 to 2^64 - 1
   */
  static async derive(suite: CipherSuite, baseKey: Uint8Array, kid: bigint): Promise<SFrameKey> {
    const { key, salt } = await deriveKeyAndSalt(suite, baseKey, kid);
    return new SFrameKey(suite, kid, salt, await openAead(suite, key));
  }

  /**
   * Encrypts: RFC 9605 section 4.4.3.
   * @param ctr never twice under one base key: two texts would be laid bare
   * @param metadata what is authenticated without being sent
   * @returns header, ciphertext and tag
   */
  async seal(ctr: bigint, plaintext: Uint8Array, metadata: Uint8Array = new Uint8Array(0)): Promise<Bytes> {
    const header = encodeSFrameHeader({ kid: this.kid, ctr });
    return joinBytes([header, await this.#aead.seal(this.#nonce(ctr), joinBytes([header, metadata]), new Uint8Array(plaintext))]);
  }

  /**
   * Decrypts: RFC 9605 section 4.4.4.
   * @param ctr and `headerBytes` as the header says, which has been read already
   * @throws CodecError `bad-format` where key, metadata or bytes are not those that were sealed
   */
  async open(ciphertext: Uint8Array, ctr: bigint, headerBytes: number, metadata: Uint8Array = new Uint8Array(0)): Promise<Bytes> {
    const aad = joinBytes([ciphertext.subarray(0, headerBytes), metadata]);
    const opened = await this.#aead.open(this.#nonce(ctr), aad, new Uint8Array(ciphertext.subarray(headerBytes)));
    if (!opened) throw new CodecError("bad-format", "Cannot decrypt a packet: it was made with another key, or changed on the way");
    return opened;
  }

  /** The salt with the counter laid over its end. */
  #nonce(ctr: bigint): Bytes {
    const nonce = this.#salt.slice();
    for (let at = NONCE_BYTES - 1, rest = ctr; rest > 0n; at--, rest >>= 8n) nonce[at] ^= Number(rest & 0xffn);
    return nonce;
  }
}
