import { messageOf } from "@twelvehz/codec";
import type { Timers } from "@twelvehz/codec/internal";
import { ServiceError } from "./service-error.ts";
import type { WebSocketClass, WebSocketLike } from "./web-socket.ts";
import { type ErrorMessage, type ReadyMessage, type ServerMessage, type StartMessage, SUBPROTOCOL } from "./wire.ts";

/** Milliseconds that a server may take to answer `start`: it may have to open the model. */
const OPEN_MS = 30_000;

/** A key or a token, or who gives one for each connection, as tokens run out. */
export type KeySource = string | (() => string | Promise<string>);

/** The key for a connection. @throws ServiceError what it cannot be had for */
export async function keyFrom(source: KeySource | undefined): Promise<string | undefined> {
  if (typeof source !== "function") return source;
  try {
    return await source();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError({ code: "io", message: `Cannot get a key for the connection: ${messageOf(error)}`, retryable: true });
  }
}

/** Where a stream is and how it is reached. */
export interface Endpoint {
  readonly url: string;
  readonly key?: KeySource | undefined;
  readonly webSocket: WebSocketClass;
  readonly clock: Timers;
}

/** Who is told what a connection brings. */
export interface ConnectionListener {
  payload(bytes: Uint8Array): void;
  message(message: ServerMessage): void;
  /** The connection is gone; why, where the server said so. */
  lost(error: ErrorMessage | undefined): void;
}

/** One WebSocket that has been started. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly ready: ReadyMessage;

  private constructor(socket: WebSocketLike, ready: ReadyMessage) {
    this.#socket = socket;
    this.ready = ready;
  }

  /**
   * Connects and starts. A page cannot set header fields: the key goes with the subprotocol.
   * @throws ServiceError, CodecError what the server said, or `io` where there is no server
   */
  static async open(
    { url, key: source, webSocket, clock }: Endpoint,
    start: StartMessage,
    listener: ConnectionListener,
  ): Promise<Connection> {
    const key = await keyFrom(source);
    const socket = new webSocket(url, key === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `twelvehz.token.${key}`]);
    socket.binaryType = "arraybuffer";
    let said: ErrorMessage | undefined;
    let open = false;
    const cancel = clock.after(OPEN_MS, () => socket.close());
    return new Promise((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify(start));
      socket.onerror = () => undefined; // "close" follows
      socket.onmessage = ({ data }) => {
        if (typeof data !== "string") return listener.payload(new Uint8Array(data));
        const message = JSON.parse(data) as ServerMessage;
        if (message.type === "error") said = message;
        if (message.type === "ready") {
          open = true;
          cancel();
          resolve(new Connection(socket, message));
        } else listener.message(message);
      };
      socket.onclose = ({ code }) => {
        cancel();
        if (open) listener.lost(said);
        else reject(new ServiceError(said ?? unreachable(url, code)));
      };
    });
  }

  /** Sends a message. */
  send(message: Uint8Array | string): void {
    this.#socket.send(message);
  }

  /** Ends the connection, and the session with it. */
  close(): void {
    this.#socket.onclose = null;
    this.#socket.close(1000);
  }
}

function unreachable(url: string, code: number): Pick<ErrorMessage, "code" | "message" | "retryable"> {
  const message = `Cannot open the stream ${url}: the connection was refused or closed (${code}); see that the server runs, and that the key is right`;
  return { code: "io", message, retryable: true };
}
