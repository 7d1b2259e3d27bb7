import type { WebSocket } from "ws";
import type { Clock } from "@twelvehz/codec/internal";
import { answerTo, ServerError } from "../errors/server-error.ts";
import type { Peer } from "./outbox.ts";

/** Bytes that may wait for a client that reads slowly. */
const MOST_WAITING_BYTES = 1_000_000;

/**
 * A WebSocket as a session sees it. A client that reads nothing holds the work up for a while, and
 * then loses its connection.
 */
export class SocketPeer implements Peer {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #unreadSeconds: number;

  constructor(socket: WebSocket, clock: Clock, unreadSeconds: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#unreadSeconds = unreadSeconds;
  }

  /** `ws` tells when a message has left, and of no other drain. */
  async send(message: Uint8Array | string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const sent = new Promise<void>((resolve) => this.#socket.send(message, () => resolve()));
    if (this.#socket.bufferedAmount <= MOST_WAITING_BYTES) return;
    const cancel = this.#clock.after(this.#unreadSeconds * 1000, () => this.#giveUp());
    await sent;
    cancel();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** What waits would never leave, a close frame behind it neither. */
  #giveUp(): void {
    const { closeCode } = answerTo(new ServerError("slow", "the client reads nothing"));
    this.#socket.close(closeCode, "slow");
    this.#socket.terminate();
  }
}
