import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CodecError } from "@twelvehz/codec";
import { type Gate, offeredProtocols } from "../access/gate.ts";
import { refuseUpgrade } from "../errors/refusals.ts";
import { answerTo, ServerError } from "../errors/server-error.ts";
import type { RouteContext } from "../jobs/jobs.ts";
import { Tally } from "../jobs/tally.ts";
import { keepPinging } from "../stream/keep-pinging.ts";
import { toldError } from "../stream/told-error.ts";
import { type RoomPeer, Rooms } from "./rooms.ts";

/** Subprotocol of a room. */
const ROOM_PROTOCOL = "twelvehz.room.1";
/** Names are keys' shadows: 22 characters. Those of ends are 16. */
const ADDRESS = /^\/rooms\/([\w-]{22})\?member=([0-9a-f]{16})$/;
const OPTIONS = {
  noServer: true,
  perMessageDeflate: false, // what is sealed does not shrink
  closeTimeout: 2000, // how long the other side may take to answer a close frame, ms
  handleProtocols: () => ROOM_PROTOCOL,
};

/** The WebSockets of rooms: each end of a call holds one while it calls. */
export class RoomSockets {
  readonly #context: RouteContext;
  readonly #gate: Gate;
  readonly #rooms: Rooms;
  readonly #sockets: WebSocketServer;
  readonly #perAddress = new Tally();

  constructor(context: RouteContext, gate: Gate) {
    this.#context = context;
    this.#gate = gate;
    this.#sockets = new WebSocketServer({ ...OPTIONS, maxPayload: context.limits.roomMessageBytes });
    this.#rooms = new Rooms(context.limits, context.clock);
  }

  /** Whether an upgrade asks for a room. */
  static matches({ url = "" }: Pick<IncomingMessage, "url">): boolean {
    return url.startsWith("/rooms/");
  }

  /** Tells all to go. */
  drain(): void {
    for (const socket of this.#sockets.clients) fail(socket, new ServerError("draining", "Cannot go on: the server is going down"));
  }

  /** Cuts what is left. */
  terminate(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Answers an upgrade. What is wrong with a room itself is told after it: a page reads no refusal of an upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    try {
      this.#gate.admit(request);
      const { address } = this.#context.clientOf(request);
      const [, room, member] = this.#admitted(request, address);
      this.#sockets.handleUpgrade(request, socket, head, (open) => this.#serve(open, room!, member!, address));
    } catch (error) {
      const answer = answerTo(error);
      this.#context.metrics.rejected(answer.body.error.code);
      refuseUpgrade(socket, answer);
    }
  }

  #admitted(request: IncomingMessage, address: string): RegExpExecArray {
    const found = ADDRESS.exec(request.url ?? "");
    if (!found) throw new CodecError("usage", "Cannot open the room: its address is /rooms/NAME?member=ID, with 22 and 16 characters");
    if (!offeredProtocols(request).includes(ROOM_PROTOCOL))
      throw new CodecError("usage", `Cannot open the room: ask for the subprotocol "${ROOM_PROTOCOL}"`);
    const { limits, closing } = this.#context;
    if (closing.aborted) throw new ServerError("draining", "Cannot open the room: the server is going down");
    const own = this.#perAddress.of(address);
    if (own >= limits.socketsPerAddress)
      throw new ServerError("too-many", `Cannot open the room: your address has ${own} connections; close one`);
    return found;
  }

  #serve(socket: WebSocket, room: string, member: string, address: string): void {
    this.#perAddress.add(address, 1);
    const stopPings = keepPinging(socket, this.#context.clock, this.#context.limits.pingSeconds);
    let leave = (): void => undefined;
    socket.on("error", () => undefined); // a close follows
    socket.on("close", () => {
      this.#perAddress.add(address, -1);
      stopPings();
      leave();
    });
    try {
      const place = this.#rooms.enter(room, member, peerOf(socket));
      leave = () => place.leave();
      socket.on("message", (data: RawData, binary) => {
        this.#guard(socket, () => (binary ? place.relay(data as Buffer) : place.count()));
      });
      socket.on("ping", () => this.#guard(socket, () => place.count()));
    } catch (error) {
      this.#fail(socket, error);
    }
  }

  #guard(socket: WebSocket, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(socket, error);
    }
  }

  #fail(socket: WebSocket, error: unknown): void {
    this.#context.metrics.rejected(answerTo(error).body.error.code);
    fail(socket, error);
  }
}

function peerOf(socket: WebSocket): RoomPeer {
  return {
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    send: (message) => socket.send(message),
    fail: (error) => fail(socket, error),
  };
}

function fail(socket: WebSocket, error: unknown): void {
  const { closeCode, message } = toldError(error);
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  socket.close(closeCode, message.code);
}
