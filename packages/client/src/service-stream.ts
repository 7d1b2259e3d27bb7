import { CodecError } from "@twelvehz/codec";
import { Connection, type ConnectionListener, type Endpoint } from "./connection.ts";
import { errorFrom, ServiceError } from "./service-error.ts";
import type { ClientMessage, ErrorMessage, ServerMessage, StartMessage } from "./wire.ts";

/** How a stream is kept up. */
export interface StreamOptions extends Endpoint {
  /** Seconds for which a lost connection is tried again. */
  readonly reconnectSeconds: number;
  /** Seconds of the clip that are kept, to send them again where the session is gone. */
  readonly keepSeconds: number;
}

/** A message that may have to be sent again, with the seconds of sound that it holds. */
interface Sent {
  readonly content: Uint8Array | string;
  readonly seconds: number;
}

/** What a server knows a stream by. */
interface Session {
  readonly session: string;
  readonly token: string;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;

/**
 * A stream of a server that outlives its connections. It keeps what it has sent of the clip: where
 * the session is still there, the rest of it is sent again; where it is not, all of it is, and what
 * has come already is dropped.
 */
export class ServiceStream implements ConnectionListener {
  readonly #options: StreamOptions;
  readonly #start: StartMessage;
  #connection: Connection | undefined;
  #sent: Sent[] = [];
  /**
   * Messages of the session before the first of {@link #sent}, that are acknowledged, and that were
   * received (binary and `done`).
   */
  #before = 0;
  /** The first of {@link #sent} that this connection has not been given. */
  #next = 0;
  #acked = 0;
  #received = 0;
  /** Sound in {@link #sent}, and whether all of the clip is still there. */
  #keptSeconds = 0;
  #isWhole = true;
  /** Bytes of the clip that have come, and that come again and are to be dropped. */
  #clipBytes = 0;
  #toDrop = 0;
  #parts: Uint8Array[] = [];
  #session: Session | undefined;
  #failure: Error | undefined;
  #closed = false;
  #wake: () => void = () => undefined;
  #stopKeepalive: () => void = () => undefined;

  private constructor(options: StreamOptions, start: StartMessage) {
    this.#options = options;
    this.#start = start;
  }

  /** @throws ServiceError, CodecError what the server refuses the stream with */
  static async open(options: StreamOptions, start: StartMessage): Promise<ServiceStream> {
    const stream = new ServiceStream(options, start);
    try {
      stream.#use(await Connection.open(options, start, stream));
    } catch (error) {
      throw error instanceof ServiceError ? errorFrom(error) : error;
    }
    return stream;
  }

  /** Sends pieces, and gives what came of them when all are worked on. */
  async give(pieces: Iterable<Uint8Array>, secondsPerByte: number): Promise<Uint8Array> {
    for (const content of pieces) this.#keep({ content, seconds: content.length * secondsPerByte });
    return this.#result();
  }

  /** Sends a control message that is worked on in order. */
  async tell(message: ClientMessage): Promise<Uint8Array> {
    this.#keep({ content: JSON.stringify(message), seconds: 0 });
    const bytes = await this.#result();
    if (message.type === "flush") this.#forgetClip();
    return bytes;
  }

  /** Ends the stream. */
  close(): void {
    this.#closed = true;
    this.#stopKeepalive();
    this.#connection?.close();
    this.#fail(new CodecError("closed", "Cannot use a stream after close(): open another one"));
  }

  payload(bytes: Uint8Array): void {
    this.#received++;
    const dropped = Math.min(this.#toDrop, bytes.length);
    this.#toDrop -= dropped;
    this.#clipBytes += bytes.length - dropped;
    if (dropped < bytes.length) this.#parts.push(bytes.subarray(dropped));
  }

  message(message: ServerMessage): void {
    if (message.type === "done") this.#received++;
    if (message.type === "ack") {
      this.#acked = message.received;
      this.#forgetOld();
    }
    this.#pump();
    this.#wake();
  }

  lost(error: ErrorMessage | undefined): void {
    this.#connection = undefined;
    this.#stopKeepalive();
    if (error && !error.retryable) this.#fail(errorFrom(error));
    else void this.#reconnect(0, this.#session);
  }

  #use(connection: Connection): void {
    if (this.#closed) return connection.close(); // meanwhile
    this.#connection = connection;
    const { session, token } = connection.ready;
    this.#session = { session, token };
    this.#next = Math.max(0, connection.ready.received - this.#before);
    this.#keepAlive(connection);
    this.#pump();
  }

  #keepAlive(connection: Connection): void {
    this.#stopKeepalive = this.#options.clock.after((connection.ready.idleSeconds * 1000) / 3, () => {
      connection.send('{"type":"keepalive"}');
      this.#keepAlive(connection);
    });
  }

  /** Sends what the credit allows. */
  #pump(): void {
    for (let message = this.#sent[this.#next]; message && this.#connection; message = this.#sent[this.#next]) {
      const waiting = this.#sent.slice(Math.max(0, this.#acked - this.#before), this.#next).reduce((sum, { seconds }) => sum + seconds, 0);
      if (waiting > 0 && waiting + message.seconds > this.#connection.ready.windowSeconds) return;
      this.#connection.send(message.content);
      this.#next++;
    }
  }

  async #result(): Promise<Uint8Array> {
    this.#pump();
    await this.#until(() => this.#acked >= this.#before + this.#sent.length);
    const parts = this.#parts.splice(0);
    const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (this.#failure === undefined && !condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure) throw this.#failure;
  }

  #keep(message: Sent): void {
    this.#sent.push(message);
    this.#keptSeconds += message.seconds;
  }

  /** Lets go of what is acknowledged and longer ago than is to be kept. */
  #forgetOld(): void {
    while (this.#keptSeconds > this.#options.keepSeconds && this.#before < this.#acked) {
      this.#keptSeconds -= this.#sent.shift()?.seconds ?? 0;
      this.#before++;
      this.#next--;
      this.#isWhole = false;
    }
  }

  #forgetClip(): void {
    this.#before += this.#sent.length;
    this.#sent = [];
    this.#next = 0;
    this.#clipBytes = 0;
    this.#keptSeconds = 0;
    this.#isWhole = true;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async #reconnect(waitedMs: number, session: Session | undefined): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#comeAgain(session);
    } catch (error) {
      if (error instanceof ServiceError && error.code === "no-session" && this.#isWhole) return this.#reconnect(waitedMs, undefined);
      const retryable = error instanceof ServiceError && error.retryable && waitedMs < this.#options.reconnectSeconds * 1000;
      if (!retryable) return this.#fail(error instanceof ServiceError ? errorFrom(error) : (error as Error));
      const wait = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, waitedMs));
      this.#options.clock.after(wait, () => void this.#reconnect(waitedMs + wait, session));
    }
  }

  async #comeAgain(session: Session | undefined): Promise<void> {
    const resume = session && { ...session, received: this.#received };
    if (!resume) this.#beginAnew();
    this.#use(await Connection.open(this.#options, resume ? { type: "start", resume } : this.#start, this));
  }

  /** Everything of the clip is sent again; what has come of it comes again. */
  #beginAnew(): void {
    this.#before = 0;
    this.#acked = 0;
    this.#received = 0;
    this.#toDrop = this.#clipBytes;
  }
}
