import type { IncomingHttpHeaders } from "node:http";
import type { WebSocket } from "ws";
import { messageOf } from "@twelvehz/codec";
import type { Client } from "../access/client.ts";
import { limitsFor } from "../access/key-owner.ts";
import type { ServerLimits } from "../limits.ts";
import type { RouteContext } from "../jobs/jobs.ts";
import { ServerError } from "../errors/server-error.ts";
import { MessageRate } from "../jobs/message-rate.ts";
import { parseClientMessage } from "./client-message.ts";
import { keepPinging } from "./keep-pinging.ts";
import type { SessionStore } from "./session-store.ts";
import { SocketPeer } from "./socket-peer.ts";
import { StreamSession } from "./stream-session.ts";
import { FAULT_CODE, toldError } from "./told-error.ts";
import type { StartMessage, StreamKind } from "@twelvehz/client";

/** Whose a connection is. */
export interface StreamPeer extends Client {
  /** Of the request that opened it. */
  readonly headers: IncomingHttpHeaders;
}

/**
 * One connection: waits for `start`, hands the rest to the session, and watches over silence and
 * floods.
 */
export class SocketConnection {
  readonly #socket: WebSocket;
  readonly #kind: StreamKind;
  readonly #context: RouteContext;
  readonly #sessions: SessionStore;
  readonly #peer: StreamPeer;
  readonly #limits: ServerLimits;
  #session: StreamSession | undefined;
  #starting = false;
  #cancelIdle: () => void;
  readonly #cancelPing: () => void;
  readonly #rate: MessageRate;

  constructor(socket: WebSocket, kind: StreamKind, context: RouteContext, sessions: SessionStore, peer: StreamPeer) {
    this.#socket = socket;
    this.#kind = kind;
    this.#context = context;
    this.#sessions = sessions;
    this.#peer = peer;
    this.#limits = limitsFor(context.limits, peer.owner);
    const { clock, limits } = context;
    this.#cancelIdle = clock.after(limits.startSeconds * 1000, () => this.#fail(silent('"start" did not come', limits.startSeconds)));
    this.#cancelPing = keepPinging(socket, clock, limits.pingSeconds);
    this.#rate = new MessageRate(clock);
  }

  /** A message has come. */
  message(data: Buffer, binary: boolean): void {
    try {
      this.#count();
      if (this.#session) this.#stayAwake();
      if (binary) this.#open().receive(data);
      else this.#text(data.toString());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The client asks for an answer, which the library gives; a flood of that is one, too. */
  ping(): void {
    try {
      this.#count();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What the library says of a message that is none; it closes the connection itself. */
  error(error: Error): void {
    this.#session?.fail(new ServerError("policy", `Cannot read the stream: ${messageOf(error)}`));
  }

  /** The connection is gone: with 1000 because the client wanted it. */
  closed(code: number): void {
    this.#cancelIdle();
    this.#cancelPing();
    const session = this.#session;
    this.#session = undefined;
    if (session && code === 1000) session.dispose();
    else if (session) this.#sessions.detach(session, this.#peer);
  }

  #text(text: string): void {
    const message = parseClientMessage(text);
    if (message.type === "keepalive") return;
    if (message.type !== "start") return this.#open().receive(message);
    if (this.#starting) throw new ServerError("policy", 'Cannot start twice: "start" comes once, as the first message');
    this.#starting = true;
    this.#cancelIdle(); // from here on it is the server that may be slow: it may have to open the model
    this.#start(message).catch((error: unknown) => this.#fail(error));
  }

  #open(): StreamSession {
    if (this.#session) return this.#session;
    throw new ServerError("policy", 'Cannot take the message: send "start", and wait for "ready"');
  }

  async #start(start: StartMessage): Promise<void> {
    const { clock, limits } = this.#context;
    const session = start.resume ? this.#sessions.resume(start.resume, this.#kind) : await this.#newSession(start);
    if (this.#socket.readyState !== this.#socket.OPEN) return session.dispose(); // it went away while the model was opened
    session.attach(new SocketPeer(this.#socket, clock, limits.unreadSeconds), start.resume?.received ?? 0);
    this.#session = session;
    this.#stayAwake();
  }

  async #newSession(start: StartMessage): Promise<StreamSession> {
    const { models, clock, metrics, traces } = this.#context;
    const slot = this.#sessions.takeSlot(this.#peer);
    try {
      const codec = await models.codec(start.model);
      const trace = traces.stream(this.#kind, this.#peer.headers, codec.info.name);
      const session = new StreamSession(this.#kind, codec, start, this.#limits, {
        freeSlot: () => {
          slot.free();
          trace.end();
        },
        ended: (one) => {
          this.#sessions.remove(one);
          metrics.stream(this.#kind, -1);
        },
        now: () => clock.now(),
        piece: (times) => {
          metrics.piece(times);
          trace.piece(times);
        },
        rejected: (reason) => {
          metrics.rejected(reason);
          trace.rejected(reason);
        },
        fault: (error) => this.#context.fault(error),
      });
      this.#sessions.add(session);
      metrics.stream(this.#kind, 1);
      return session;
    } catch (error) {
      slot.free();
      throw error;
    }
  }

  #count(): void {
    const { messagesPerSecond } = this.#limits;
    if (this.#rate.add() > messagesPerSecond)
      throw new ServerError("policy", `Cannot take over ${messagesPerSecond} messages a second: send longer ones`);
  }

  #stayAwake(): void {
    const { clock, limits } = this.#context;
    this.#cancelIdle();
    this.#cancelIdle = clock.after(limits.idleSeconds * 1000, () => this.#fail(silent("nothing came", limits.idleSeconds)));
  }

  #fail(error: unknown): void {
    if (this.#session) return this.#session.fail(error);
    const { closeCode, message } = toldError(error);
    if (closeCode === FAULT_CODE) this.#context.fault(error);
    this.#context.metrics.rejected(message.code);
    this.#socket.send(JSON.stringify(message));
    this.#socket.close(closeCode, message.code);
  }
}

function silent(what: string, seconds: number): ServerError {
  return new ServerError("idle", `Cannot wait any longer: ${what} for ${seconds} s; send "keepalive" where there is nothing else`);
}
