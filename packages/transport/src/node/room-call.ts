import { CodecError, throwIfAborted } from "@twelvehz/codec/node";
import { WebSocket } from "ws";
import type { CallFigures } from "../call.ts";
import { DirectPath } from "./direct-path.ts";
import { RoomConnection, type RoomSocketClass, type RoomState } from "../room/room-connection.ts";
import { newMember, roomName, roomSocketUrl } from "../room/room-link.ts";
import { SignalSeal } from "../room/signal-seal.ts";
import { udpCall, type UdpCallOptions } from "./udp-call.ts";

/** How a call through a room is made. */
export interface RoomCallOptions extends Omit<UdpCallOptions, "dial" | "listen" | "carrier" | "onConnected" | "onListening" | "rtp"> {
  /** Address of the page of the server that has the room: http or https. */
  readonly page: string;
  /** Called when this end is in the room and waits for the other. */
  readonly onWaiting?: (() => void) | undefined;
  /** Called when keys are agreed on. */
  readonly onConnected?: (() => void) | undefined;
  /** Called when packets go from end to end, and no longer through the server. */
  readonly onDirect?: (() => void) | undefined;
}

/** The other end, whatever its address is. */
const ROOM = { host: "room", port: 1 };
/** Ms between two looks at the connection. */
const TICK_MS = 200;
/**
 * Bytes that TCP over IPv4, TLS and a WebSocket add to a packet: 20, 32, 22 and 8. Acknowledgements
 * come on top.
 */
const WEB_SOCKET_BYTES = 82;

/**
 * A call through the room of a server, with a page or with another program, from entering it to the
 * last bye. Packets go through the server, which can read none, until a direct way is found; for
 * that the optional package `node-datachannel` is needed.
 * @returns what it did
 * @throws CodecError `usage` for an address that cannot be, `io` where the server does not let this
 * end in or cannot be reached, and as `udpCall`
 */
export async function roomCall(options: RoomCallOptions): Promise<CallFigures> {
  const { page, secret, signal, timeoutSeconds, onWaiting, onConnected, onDirect, ...rest } = options;
  throwIfAborted(signal);
  const url = roomSocketUrl(page, await roomName(secret), newMember());
  const room = new Room(url);
  let path: DirectPath | undefined;
  try {
    const { role } = await room.met(timeoutSeconds, signal, onWaiting);
    let onPacket: ((datagram: Uint8Array) => void) | undefined;
    path = await DirectPath.open({
      role,
      secret,
      page,
      signal: (bytes) => void room.connection.send(bytes),
      onDatagram: (datagram) => onPacket?.(datagram),
      onOpen: () => onDirect?.(),
    });
    room.onSignal = (bytes) => path?.take(bytes);
    return await udpCall({
      carrierBytes: WEB_SOCKET_BYTES,
      ...rest,
      secret,
      signal,
      timeoutSeconds,
      dial: role === "dialer" ? ROOM : undefined,
      listen: ROOM,
      onConnected: () => onConnected?.(),
      carrier(onDatagram) {
        onPacket = room.onDatagram = (datagram) => onDatagram(datagram, ROOM);
        const send = (datagram: Uint8Array): void => void (path?.isOpen ? path.send(datagram) : room.connection.send(datagram));
        return { address: ROOM, send, close: () => room.close() };
      },
    });
  } catch (error) {
    throw error instanceof CodecError && error.code === "io" ? (room.refusal ?? error) : error; // why the other end fell silent
  } finally {
    path?.close();
    room.close();
  }
}

/** A room with a clock. */
class Room {
  readonly connection: RoomConnection;
  /** Takes the datagrams; what comes before there is someone to take them is lost. */
  onDatagram: (datagram: Uint8Array) => void = () => undefined;
  /** Takes what the other end says of a direct way; what comes before there is someone to take it waits. */
  #onSignal: ((bytes: Uint8Array) => void) | undefined;
  #signals: Uint8Array[] = [];
  readonly #timer: NodeJS.Timeout;
  #state: RoomState | undefined;
  /** Why its server closed it for good. */
  refusal: CodecError | undefined;

  constructor(url: string) {
    this.connection = new RoomConnection({
      url,
      webSocket: WebSocket as unknown as RoomSocketClass,
      onRoom: (state) => (this.#state = state),
      onBytes: (bytes) => this.#take(bytes),
      onLost: () => undefined,
      onRefused: (error) => (this.refusal = error),
    });
    this.#timer = setInterval(() => this.connection.tick(performance.now()), TICK_MS);
    this.connection.tick(performance.now());
  }

  set onSignal(onSignal: (bytes: Uint8Array) => void) {
    this.#onSignal = onSignal;
    for (const bytes of this.#signals.splice(0)) onSignal(bytes);
  }

  #take(bytes: Uint8Array): void {
    if (!SignalSeal.matches(bytes)) this.onDatagram(bytes);
    else if (this.#onSignal) this.#onSignal(bytes);
    else this.#signals.push(bytes);
  }

  /** Waits for the other end, as long as it takes. */
  async met(timeoutSeconds: number, signal: AbortSignal | undefined, onWaiting: (() => void) | undefined): Promise<RoomState> {
    const beganMs = performance.now();
    let isWaiting = false;
    for (;;) {
      throwIfAborted(signal);
      if (this.refusal) throw this.refusal;
      if (this.#state?.peer !== undefined) return this.#state;
      if (this.#state && !isWaiting) onWaiting?.();
      isWaiting ||= this.#state !== undefined;
      if (!isWaiting && performance.now() - beganMs > 1000 * timeoutSeconds)
        throw new CodecError(
          "io",
          `Cannot enter the room: its server did not answer for ${timeoutSeconds} s; see that the address is right and the server runs`,
        );
      await new Promise((resolve) => setTimeout(resolve, TICK_MS / 4));
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.connection.close();
  }
}
