// A command packet, encrypted: docs/packets.md, "Command packet".
import { CodecError } from "@twelvehz/codec";
import { cipherSuite } from "../sframe/cipher-suite.ts";
import { decodeSFrameHeader } from "../sframe/header.ts";
import { ascii, hkdf } from "../sframe/key-derivation.ts";
import { SFrameKey } from "../sframe/sframe-key.ts";

/** Key id of command packets. */
const COMMAND_KID = 6n;
/** Bytes that encryption adds to a command packet: config byte, time, tag. */
export const COMMAND_SEAL_BYTES: number = 1 + 6 + 8;
/** By how much a packet's time may differ from the receiver's clock. */
const MOST_AGE_MS = 5 * 60_000;

/** Seals and opens command packets with a key that both ends share. */
export class CommandSeal {
  readonly #key: SFrameKey;
  #lastMs = 0;

  private constructor(key: SFrameKey) {
    this.#key = key;
  }

  /** @param secret see `parseLinkKey` */
  static async open(secret: Uint8Array): Promise<CommandSeal> {
    const base = await hkdf("SHA-256", secret, new Uint8Array(0), ascii("twelvehz command 1"), 32);
    return new CommandSeal(await SFrameKey.derive(cipherSuite(2), base, COMMAND_KID));
  }

  /** Whether a datagram may be an encrypted command packet. */
  static matches(datagram: Uint8Array): boolean {
    return datagram[0] >> 4 === Number(COMMAND_KID);
  }

  /** @param nowMs since 1970 */
  seal(packet: Uint8Array, nowMs: number): Promise<Uint8Array> {
    this.#lastMs = Math.max(this.#lastMs + 1, Math.floor(nowMs));
    return this.#key.seal(BigInt(this.#lastMs), packet);
  }

  /**
   * Opens a packet.
   * @param nowMs since 1970
   * @throws CodecError `bad-format` when it was made with another key, was changed, is older than
   * the last one, or is of another time
   */
  async unseal(datagram: Uint8Array, nowMs: number): Promise<Uint8Array> {
    const { ctr, byteLength } = decodeSFrameHeader(datagram);
    const opened = await this.#key.open(datagram, ctr, byteLength);
    const sentMs = Number(ctr);
    if (sentMs <= this.#lastMs)
      throw new CodecError("bad-format", "Cannot take a command packet: it was received before, or is older than the last one");
    if (Math.abs(sentMs - nowMs) > MOST_AGE_MS)
      throw new CodecError(
        "bad-format",
        `Cannot take a command packet: it was sent ${Math.round((nowMs - sentMs) / 1000)} s ago by its clock; set the clocks of both ends`,
      );
    this.#lastMs = sentMs;
    return opened;
  }
}
