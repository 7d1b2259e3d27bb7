import { CodecError } from "@twelvehz/codec";
import type { ClientMessage } from "@twelvehz/client";

/** A text message that is worked on in its order among the binary ones. */
export type OrderedMessage = Exclude<ClientMessage, { readonly type: "start" } | { readonly type: "keepalive" }>;

/** A piece of sound or codes. */
export interface PayloadWork {
  readonly bytes: Uint8Array;
  /** Messages that end in it. */
  readonly messages: number;
  readonly units: number;
  /** When the first of it came. */
  readonly arrivedMs: number;
}

/** What is to be done next: a piece of sound or codes, or a text message. */
export type Work = PayloadWork | { readonly message: OrderedMessage; readonly messages: 1; readonly units: 0 };

/** A message that waits, and when it came. */
interface Item {
  readonly content: Uint8Array | OrderedMessage;
  readonly arrivedMs: number;
}

/**
 * What a client has sent and what is not worked on yet: small messages are joined, large ones cut.
 */
export class InputQueue {
  readonly #bytesPerUnit: number;
  readonly #largestBytes: number;
  readonly #items: Item[] = [];
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
  add(content: Uint8Array | OrderedMessage, arrivedMs: number): void {
    if (content instanceof Uint8Array) {
      if (content.length % this.#bytesPerUnit !== 0)
        throw new CodecError(
          "usage",
          `Cannot use a binary message of ${content.length} bytes: whole units of ${this.#bytesPerUnit} bytes are wanted`,
        );
      this.#waitingBytes += content.length;
    }
    this.#items.push({ content, arrivedMs });
  }

  /** The next piece of work, or undefined. */
  take(): Work | undefined {
    const content = this.#items[0]?.content;
    if (content === undefined) return undefined;
    if (content instanceof Uint8Array) return this.#takeBytes();
    this.#items.shift();
    return { message: content, messages: 1, units: 0 };
  }

  #takeBytes(): Work {
    const parts: Uint8Array[] = [];
    const { arrivedMs } = this.#items[0]!;
    let [room, messages] = [this.#largestBytes, 0];
    for (let next = this.#bytesNow(); next && (room > 0 || next.length === 0); next = this.#bytesNow()) {
      const part = next.subarray(0, room);
      parts.push(part);
      room -= part.length;
      if (part.length === next.length) {
        this.#items.shift();
        messages++;
      } else this.#items[0] = { ...this.#items[0]!, content: next.subarray(part.length) };
    }
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#waitingBytes -= bytes.length;
    return { bytes, messages, units: bytes.length / this.#bytesPerUnit, arrivedMs };
  }

  #bytesNow(): Uint8Array | undefined {
    const content = this.#items[0]?.content;
    return content instanceof Uint8Array ? content : undefined;
  }
}
