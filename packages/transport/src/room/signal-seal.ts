// What two ends tell each other through a room to find a way without it: docs/packets.md, "Rooms".
import { CodecError, joinBytes } from "@twelvehz/codec";
import type { LinkRole } from "../link/hello.ts";
import { ascii, hkdf } from "../sframe/key-derivation.ts";

/** First byte of a signal. */
const SIGNAL_MARKER = 0xe1;
const NONCE_BYTES = 12;

/** Seals and opens signals with AES-GCM, so that the server of the room reads and changes none. */
export class SignalSeal {
  readonly #key: CryptoKey;
  readonly #role: LinkRole;

  private constructor(key: CryptoKey, role: LinkRole) {
    this.#key = key;
    this.#role = role;
  }

  /**
   * @param secret see `parseLinkKey`
   * @param role this end: what it has said itself is not taken
   */
  static async open(secret: Uint8Array, role: LinkRole): Promise<SignalSeal> {
    const bytes = await hkdf("SHA-256", secret, new Uint8Array(0), ascii("twelvehz signal 1"), 32);
    return new SignalSeal(await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]), role);
  }

  /** Whether what came through a room is a signal. */
  static matches(bytes: Uint8Array): boolean {
    return bytes[0] === SIGNAL_MARKER;
  }

  /** Marker, nonce, and the sealed text. */
  async seal(text: string): Promise<Uint8Array> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: from(this.#role) },
      this.#key,
      new TextEncoder().encode(text),
    );
    return joinBytes([Uint8Array.of(SIGNAL_MARKER), iv, new Uint8Array(sealed)]);
  }

  /** @throws CodecError `bad-format` when the other end has another key, or it was changed */
  async unseal(bytes: Uint8Array): Promise<string> {
    const iv = Uint8Array.from(bytes.subarray(1, 1 + NONCE_BYTES));
    const additionalData = from(this.#role === "dialer" ? "listener" : "dialer");
    const sealed = Uint8Array.from(bytes.subarray(1 + NONCE_BYTES));
    try {
      return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, this.#key, sealed));
    } catch (error) {
      throw new CodecError("bad-format", "Cannot read a signal: the other end has another key, or it was changed on its way", {
        cause: error,
      });
    }
  }
}

function from(role: LinkRole): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(ascii(role));
}
