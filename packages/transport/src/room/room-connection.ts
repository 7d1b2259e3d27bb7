// The connection to a room, without a clock and without a WebSocket of its own. What is lost is
// looked for again; a room is only a way, and a call may have another one.
import { CodecError } from "@twelvehz/codec";
import type { LinkRole } from "../link/hello.ts";
import { ROOM_PROTOCOL } from "./room-link.ts";

/** What is needed of a WebSocket: that of a page and that of the package `ws` have it. */
export interface RoomSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: never }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Its constructor. */
export type RoomSocketClass = new (url: string, protocols: string[]) => RoomSocket;

/** Who is in a room. */
export interface RoomState {
  /** Of this end. */
  readonly role: LinkRole;
  /** Name of the other end; undefined = nobody is there. */
  readonly peer: string | undefined;
}

/** How a room is entered. */
export interface RoomConnectionOptions {
  /** As `roomSocketUrl` gives it. */
  readonly url: string;
  readonly webSocket: RoomSocketClass;
  /** Called when this end has come in, and when the other end comes or goes. */
  readonly onRoom: (state: RoomState) => void;
  /** Called with every datagram and signal of the other end. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Called when the connection is lost; it is looked for again. */
  readonly onLost: () => void;
  /** Called when the server does not let this end in; it is not tried again. */
  readonly onRefused: (error: CodecError) => void;
}

/** Ms between two tries. */
const RETRY_MS = 2000;
/** Bytes that may wait for the network: what comes late is worth nothing. */
const MOST_WAITING = 64_000;
/** Close codes with which a server means it: too much, too many rooms, waited too long, full. */
const FINAL_CODES = new Set([1008, 1009, 1013, 4408, 4409]);

/** A connection to a room that comes again by itself. */
export class RoomConnection {
  readonly #options: RoomConnectionOptions;
  #socket: RoomSocket | undefined;
  #isOpen = false;
  #isClosed = false;
  #triedMs = Number.NEGATIVE_INFINITY;
  #reason = "";

  constructor(options: RoomConnectionOptions) {
    this.#options = options;
  }

  /** Connects where there is no connection. Called now and then. @param nowMs of any clock */
  tick(nowMs: number): void {
    if (this.#socket || this.#isClosed || nowMs - this.#triedMs < RETRY_MS) return;
    this.#triedMs = nowMs;
    const { url, webSocket } = this.#options;
    const socket = new webSocket(url, [ROOM_PROTOCOL]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => (this.#isOpen = true);
    socket.onmessage = ({ data }: { data: unknown }) => this.#take(data);
    socket.onerror = () => undefined; // a close follows
    socket.onclose = ({ code }) => this.#closed(socket, code);
  }

  /**
   * Sends a datagram or a signal to the other end.
   * @returns whether it was sent: not without a connection, nor where too much waits already
   */
  send(bytes: Uint8Array): boolean {
    if (!this.#socket || !this.#isOpen || this.#socket.bufferedAmount > MOST_WAITING) return false;
    this.#socket.send(Uint8Array.from(bytes));
    return true;
  }

  /** Leaves the room. */
  close(): void {
    this.#isClosed = true;
    this.#socket?.close(1000);
  }

  #take(data: unknown): void {
    if (this.#isClosed) return;
    if (typeof data !== "string") return this.#options.onBytes(new Uint8Array(data as ArrayBuffer));
    const message = parsed(data);
    if (message.type === "error") this.#reason = String(message.message);
    if (message.type !== "room" || (message.role !== "dialer" && message.role !== "listener")) return;
    this.#options.onRoom({ role: message.role, peer: typeof message.peer === "string" ? message.peer : undefined });
  }

  #closed(socket: RoomSocket, code: number): void {
    if (socket !== this.#socket) return;
    const wasOpen = this.#isOpen;
    this.#socket = undefined;
    this.#isOpen = false;
    if (this.#isClosed) return;
    if (FINAL_CODES.has(code)) {
      this.#isClosed = true;
      this.#options.onRefused(
        new CodecError("io", this.#reason || `Cannot enter the room: the server closed it (${code}); open a new one`),
      );
    } else if (wasOpen) this.#options.onLost();
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
