import { ServerError } from "../errors/server-error.ts";

/** The connection of a stream, as its session sees it. */
export interface Peer {
  /**
   * Sends a message; settles when more may be sent. Never fails: a connection that is lost takes
   * what it is given.
   */
  send(message: Uint8Array | string): Promise<void>;
  /** Ends the connection. */
  close(code: number, reason: string): void;
}

/** Output that is kept for a client that comes again, bytes: 20 s of 16-bit sound. */
const KEPT_BYTES = 1_000_000;

/**
 * What a stream gives, numbered from 1, so that a client whose connection was lost is sent what it
 * has not received.
 */
export class Outbox {
  readonly #kept: (Uint8Array | string)[] = [];
  #keptBytes = 0;
  #count = 0;
  #peer: Peer | undefined;

  /** Adds a message and sends it where there is a connection; settles when the next may be made. */
  async add(message: Uint8Array | string): Promise<void> {
    this.#count++;
    this.#kept.push(message);
    this.#keptBytes += message.length;
    while (this.#keptBytes > KEPT_BYTES && this.#kept.length > 1) this.#keptBytes -= this.#kept.shift()?.length ?? 0;
    await this.#peer?.send(message);
  }

  /** Says something that is not kept. */
  say(message: string): void {
    void this.#peer?.send(message);
  }

  /**
   * Connects a client that has received so many messages.
   * @param greet sends what comes before the messages that it missed
   * @throws ServerError `no-session` when some of them are no longer there
   */
  attach(peer: Peer, received: number, greet: () => void): void {
    const first = this.#count - this.#kept.length + 1;
    if (received < first - 1 || received > this.#count)
      throw new ServerError(
        "no-session",
        `Cannot resume after message ${received}: messages ${first} to ${this.#count} are kept; begin anew`,
      );
    this.#peer = peer;
    greet();
    for (const message of this.#kept.slice(received - first + 1)) void peer.send(message);
  }

  /** The connection is gone. */
  detach(): void {
    this.#peer = undefined;
  }

  /** Ends the connection. */
  close(code: number, reason: string): void {
    this.#peer?.close(code, reason);
    this.#peer = undefined;
  }
}
