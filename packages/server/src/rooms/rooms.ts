import type { Clock } from "@twelvehz/codec/internal";
import { ServerError } from "../errors/server-error.ts";
import { MessageRate } from "../jobs/message-rate.ts";
import type { RoomLimits } from "../limits.ts";

/** The two ends of a call: who comes first listens, who comes second dials. */
export type RoomRole = "listener" | "dialer";
const ROLES: readonly RoomRole[] = ["listener", "dialer"];

/** A connection, as a room sees it. */
export interface RoomPeer {
  /** Bytes that wait for it. */
  readonly waitingBytes: number;
  send(message: Uint8Array | string): void;
  /** Tells why, and ends it. */
  fail(error: ServerError): void;
}

/** What an end is told when it has come in, and when the other one comes or goes. */
interface RoomMessage {
  readonly type: "room";
  readonly role: RoomRole;
  /** Name of the other end; null = nobody is there. */
  readonly peer: string | null;
}

interface Member {
  readonly name: string;
  readonly role: RoomRole;
  readonly peer: RoomPeer;
}

/** Bytes that may wait for an end; what comes beyond them is dropped, as a network does. */
const MOST_WAITING = 65_536;

/**
 * A room holds two ends and hands on what they send, unread. Nothing is kept of it.
 */
class Room {
  readonly #limits: RoomLimits;
  readonly #clock: Clock;
  readonly #ended: () => void;
  readonly #members = new Map<RoomRole, Member>();
  readonly #rate: MessageRate;
  #bytes = 0;
  #cancelIdle: () => void = () => undefined;

  constructor(limits: RoomLimits, clock: Clock, ended: () => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#ended = ended;
    this.#rate = new MessageRate(clock);
    this.#stayAwake();
  }

  /** @throws ServerError `full` */
  enter(name: string, peer: RoomPeer): Member {
    const known = [...this.#members.values()].find((member) => member.name === name);
    const role = known?.role ?? ROLES.find((one) => !this.#members.has(one));
    if (!role) throw new ServerError("full", "Cannot enter the room: two are in it already; open a room of your own");
    const member = { name, role, peer };
    this.#members.set(role, member);
    known?.peer.fail(new ServerError("policy", "This end has come in again by another connection"));
    this.#tell();
    this.#stayAwake();
    return member;
  }

  /** Hands on a message. @throws ServerError `policy` where too much or too often is sent */
  relay(from: Member, bytes: Uint8Array): void {
    if (this.#members.get(from.role) !== from) return;
    this.count();
    this.#bytes += bytes.length;
    if (this.#bytes > this.#limits.roomBytes)
      throw new ServerError("policy", `Cannot hand on over ${this.#limits.roomBytes / 1e6} MB in a room: open a new one`);
    this.#stayAwake();
    const to = this.#other(from.role);
    if (to && to.peer.waitingBytes < MOST_WAITING) to.peer.send(bytes);
  }

  /** Counts a message, a ping too. @throws ServerError `policy` where there are too many */
  count(): void {
    if (this.#rate.add() > this.#limits.roomMessagesPerSecond)
      throw new ServerError("policy", `Cannot hand on over ${this.#limits.roomMessagesPerSecond} messages a second: send fewer`);
  }

  leave(member: Member): void {
    if (this.#members.get(member.role) !== member) return;
    this.#members.delete(member.role);
    if (this.#members.size > 0) return this.#tell();
    this.#cancelIdle();
    this.#ended();
  }

  #other(role: RoomRole): Member | undefined {
    return this.#members.get(role === "dialer" ? "listener" : "dialer");
  }

  #tell(): void {
    for (const { role, peer } of this.#members.values()) {
      const message: RoomMessage = { type: "room", role, peer: this.#other(role)?.name ?? null };
      peer.send(JSON.stringify(message));
    }
  }

  #stayAwake(): void {
    this.#cancelIdle();
    const { roomIdleSeconds } = this.#limits;
    this.#cancelIdle = this.#clock.after(roomIdleSeconds * 1000, () => {
      const error = new ServerError("idle", `Cannot keep the room: nothing was said in it for ${roomIdleSeconds} s; open it again`);
      for (const { peer } of this.#members.values()) peer.fail(error);
    });
  }
}

/** What an end in a room can do. */
export interface RoomPlace {
  /** Sends a message to the other end. @throws ServerError `policy` */
  relay(bytes: Uint8Array): void;
  /** Counts what is no message for the other end. @throws ServerError `policy` */
  count(): void;
  leave(): void;
}

/** All rooms of a server, by their names. */
export class Rooms {
  readonly #limits: RoomLimits;
  readonly #clock: Clock;
  readonly #rooms = new Map<string, Room>();

  constructor(limits: RoomLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How many there are. */
  get count(): number {
    return this.#rooms.size;
  }

  /**
   * Lets an end into a room, which is made where there is none.
   * @param member who comes again under the same name takes its place again
   * @throws ServerError `busy`, `full`, `policy` where there are no rooms
   */
  enter(name: string, member: string, peer: RoomPeer): RoomPlace {
    const room = this.#rooms.get(name) ?? this.#open(name);
    const entered = room.enter(member, peer);
    return { relay: (bytes) => room.relay(entered, bytes), count: () => room.count(), leave: () => room.leave(entered) };
  }

  #open(name: string): Room {
    if (this.#limits.maxRooms === 0)
      throw new ServerError("policy", "Cannot open a room: this server has none; it needs to be started with --rooms N");
    if (this.count >= this.#limits.maxRooms)
      throw new ServerError("busy", `Cannot open a room: there are ${this.count} already; try again later`);
    const room = new Room(this.#limits, this.#clock, () => this.#rooms.delete(name));
    this.#rooms.set(name, room);
    return room;
  }
}
