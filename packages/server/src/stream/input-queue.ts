import { CodecError } from "@twelvehz/codec";
import type { ClientMessage } from "./wire.ts";

/** A text message that is worked on in its order among the binary ones. */
export type OrderedMessage = Exclude<ClientMessage, { readonly type: "start" } | { readonly type: "keepalive" }>;

/** What is to be done next: a piece of sound or codes, or a text message. */
export type Work =
  | { readonly bytes: Uint8Array; readonly messages: number; readonly units: number }
  | { readonly message: OrderedMessage; readonly messages: 1; readonly units: 0 };

/** What a client has sent and what is not worked on yet: small messages are joined, large ones cut. */
export class InputQueue {
  readonly #bytesPerUnit: number;
  readonly #largestBytes: number;
  readonly #items: (Uint8Array | OrderedMessage)[] = [];
  #waitingBytes = 0;

  /** @param largestPiece most units of one piece */
  constructor({ bytesPerUnit, largestPiece }: { readonly bytesPerUnit: number; readonly largestPiece: number }) {
    this.#bytesPerUnit = bytesPerUnit;
    this.#largestBytes = bytesPerUnit * largestPiece;
  }

  /** Units that wait. */
  get waitingUnits(): number {
    return this.#waitingBytes / this.#bytesPerUnit;
  }

  /** @throws CodecError `usage` when a binary message is no whole number of units */
  add(item: Uint8Array | OrderedMessage): void {
    if (item instanceof Uint8Array) {
      if (item.length % this.#bytesPerUnit !== 0)
        throw new CodecError(
          "usage",
          `Cannot use a binary message of ${item.length} bytes: whole units of ${this.#bytesPerUnit} bytes are wanted`,
        );
      this.#waitingBytes += item.length;
    }
    this.#items.push(item);
  }

  /** The next piece of work, or undefined. */
  take(): Work | undefined {
    const first = this.#items[0];
    if (first === undefined) return undefined;
    if (first instanceof Uint8Array) return this.#takeBytes();
    this.#items.shift();
    return { message: first, messages: 1, units: 0 };
  }

  #takeBytes(): Work {
    const parts: Uint8Array[] = [];
    let [room, messages] = [this.#largestBytes, 0];
    for (let next = this.#items[0]; next instanceof Uint8Array && (room > 0 || next.length === 0); next = this.#items[0]) {
      const part = next.subarray(0, room);
      parts.push(part);
      room -= part.length;
      if (part.length === next.length) {
        this.#items.shift();
        messages++;
      } else this.#items[0] = next.subarray(part.length);
    }
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    this.#waitingBytes -= bytes.length;
    return { bytes, messages, units: bytes.length / this.#bytesPerUnit };
  }
}
