import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CodecError } from "@twelvehz/codec";
import { type Gate, offeredProtocols } from "../access/gate.ts";
import type { RouteContext } from "../jobs/jobs.ts";
import { refuseUpgrade } from "../errors/refusals.ts";
import { answerTo, ServerError } from "../errors/server-error.ts";
import type { Client } from "../access/client.ts";
import { Tally } from "../jobs/tally.ts";
import { SessionStore } from "./session-store.ts";
import { SocketConnection, type StreamPeer } from "./socket-connection.ts";
import { type StreamKind, SUBPROTOCOL } from "@twelvehz/client";

/** Where the streams are. */
const PATHS: ReadonlyMap<string, StreamKind> = new Map([
  ["/v1/stream/encode", "encode"],
  ["/v1/stream/decode", "decode"],
]);
const MOST_BUFFERED_CHUNKS = 256;
/** How long the other side may take to answer a close frame, ms. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * The WebSockets of a server. Every check comes before the upgrade, so that what is refused costs
 * one answer and no socket.
 */
export class StreamSockets {
  readonly sessions: SessionStore;
  readonly #context: RouteContext;
  readonly #gate: Gate;
  readonly #sockets: WebSocketServer;
  readonly #perAddress = new Tally();
  readonly #perOwner = new Tally();

  constructor(context: RouteContext, gate: Gate) {
    const { slots, clock, limits } = context;
    this.#context = context;
    this.#gate = gate;
    this.sessions = new SessionStore(slots, clock, limits.resumeSeconds);
    const options = {
      noServer: true,
      perMessageDeflate: false, // sound does not shrink, and a bomb would grow
      maxPayload: limits.maxMessageBytes,
      maxFragments: limits.maxFragments,
      maxBufferedChunks: MOST_BUFFERED_CHUNKS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: () => SUBPROTOCOL,
    };
    this.#sockets = new WebSocketServer(options);
  }

  /** How many connections there are. */
  get count(): number {
    return this.#sockets.clients.size;
  }

  /** Ends every stream: its client may resume elsewhere. */
  drain(): void {
    for (const session of this.sessions.all) session.fail(draining());
    for (const socket of this.#sockets.clients) socket.close(answerTo(draining()).closeCode, "draining");
  }

  /** Cuts what is left. */
  terminate(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Answers an upgrade of the server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    let kind: StreamKind;
    let client: Client;
    try {
      this.#gate.admit(request);
      client = this.#context.clientOf(request);
      kind = this.#kindOf(request, client);
    } catch (error) {
      const answer = answerTo(error);
      this.#context.metrics.rejected(answer.body.error.code);
      return refuseUpgrade(socket, answer);
    }
    const peer = { ...client, headers: request.headers };
    this.#sockets.handleUpgrade(request, socket, head, (open) => this.#serve(open, kind, peer));
  }

  #kindOf(request: IncomingMessage, client: Client): StreamKind {
    const path = (request.url ?? "").replace(/\?.*/s, "");
    const kind = PATHS.get(path);
    if (!kind)
      throw new CodecError("not-found", `Cannot find the stream ${JSON.stringify(path)}: there is ${[...PATHS.keys()].join(" and ")}`);
    if (!offeredProtocols(request).includes(SUBPROTOCOL))
      throw new CodecError("usage", `Cannot open the stream: ask for the subprotocol "${SUBPROTOCOL}"`);
    this.#assertRoom(client);
    return kind;
  }

  #assertRoom({ address, owner }: Client): void {
    const { limits, closing } = this.#context;
    if (closing.aborted) throw draining();
    if (this.count >= limits.maxSockets)
      throw new ServerError("busy", `Cannot open the stream: there are ${this.count} connections; try again later`);
    const own = this.#perAddress.of(address);
    if (own >= limits.socketsPerAddress)
      throw new ServerError("too-many", `Cannot open the stream: your address has ${own} connections; close one`);
    const ofKey = owner ? this.#perOwner.of(owner.name) : 0;
    if (ofKey >= (owner?.limits.sockets ?? Infinity))
      throw new ServerError("too-many", `Cannot open the stream: ${ofKey} connections of the same key are open; close one`);
  }

  #serve(socket: WebSocket, kind: StreamKind, peer: StreamPeer): void {
    this.#count(peer, 1);
    const connection = new SocketConnection(socket, kind, this.#context, this.sessions, peer);
    socket.on("message", (data: RawData, binary) => connection.message(data as Buffer, binary));
    socket.on("ping", () => connection.ping());
    socket.on("error", (error) => connection.error(error));
    socket.on("close", (code) => {
      this.#count(peer, -1);
      connection.closed(code);
    });
  }

  #count({ address, owner }: StreamPeer, change: 1 | -1): void {
    this.#perAddress.add(address, change);
    if (owner) this.#perOwner.add(owner.name, change);
  }
}

function draining(): ServerError {
  return new ServerError("draining", "Cannot go on: the server is going down; connect again, and resume there");
}
