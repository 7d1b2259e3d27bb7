/** Rooms: two ends that find each other, and a server that hands on what it cannot read. */
import { RoomConnection, type RoomSocketClass, type RoomState, roomName, roomSocketUrl, SignalSeal } from "@twelvehz/transport";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CodecError } from "@twelvehz/codec";
import { newKey } from "@twelvehz/server";
import { temporaryFolder } from "@twelvehz/test-support/command.ts";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Serving, serve } from "./serving.ts";

const clock = new ManualClock();
let server: Serving;
beforeAll(async () => {
  server = await serve({
    clock,
    limits: { maxRooms: 2, roomBytes: 40_000, roomMessagesPerSecond: 5, roomIdleSeconds: 60, pingSeconds: 600 },
  });
});
afterAll(() => server.app.close());

/** An end that keeps what happens to it. */
class End {
  readonly connection: RoomConnection;
  readonly happened: (RoomState | Uint8Array | CodecError | "lost")[] = [];
  #told = (): void => undefined;

  constructor(
    name: string,
    member: string,
    webSocket: RoomSocketClass = WebSocket as unknown as RoomSocketClass,
    url: string = server.url,
  ) {
    const tell = (what: (typeof this.happened)[number]): void => {
      this.happened.push(what);
      this.#told();
    };
    this.connection = new RoomConnection({
      url: roomSocketUrl(url, name, member),
      webSocket,
      onRoom: tell,
      onBytes: tell,
      onLost: () => tell("lost"),
      onRefused: tell,
    });
    this.connection.tick(0);
  }

  /** What happens next. */
  async next(): Promise<RoomState | Uint8Array | CodecError | "lost"> {
    while (this.happened.length === 0) await new Promise<void>((resolve) => (this.#told = resolve));
    return this.happened.shift() as RoomState;
  }
}

const member = (digit: string): string => digit.repeat(16);
let rooms = 0;
/** A room of its own for every test. */
const newRoom = (): string => `room${rooms++}`.padEnd(22, "_");

async function pair(name: string = newRoom()): Promise<readonly [End, End]> {
  const first = new End(name, member("a"));
  expect(await first.next()).toEqual({ role: "listener", peer: undefined });
  const second = new End(name, member("b"));
  expect(await second.next()).toEqual({ role: "dialer", peer: member("a") });
  expect(await first.next()).toEqual({ role: "listener", peer: member("b") });
  return [first, second];
}

function leave(...ends: readonly End[]): void {
  for (const { connection } of ends) connection.close();
}

describe("a room", () => {
  test("hands on bytes both ways, and tells who comes and goes", async () => {
    const [first, second] = await pair();
    first.connection.send(Uint8Array.of(1, 2, 3));
    expect(await second.next()).toEqual(Uint8Array.of(1, 2, 3));
    second.connection.send(Uint8Array.of(4));
    expect(await first.next()).toEqual(Uint8Array.of(4));
    second.connection.close();
    expect(await first.next()).toEqual({ role: "listener", peer: undefined });
    leave(first);
  });

  test("takes no third, and says so", async () => {
    const name = newRoom();
    const ends = await pair(name);
    const third = new End(name, member("c"));
    expect(await third.next()).toMatchObject({
      code: "io",
      message: expect.stringMatching(/two are in it already; open a room of your own/),
    });
    leave(...ends);
  });

  test("gives who comes again its place, though the old connection still hangs", async () => {
    const name = newRoom();
    const [first, second] = await pair(name);
    const again = new End(name, member("a"));
    expect(await again.next()).toEqual({ role: "listener", peer: member("b") });
    expect(await second.next()).toEqual({ role: "dialer", peer: member("a") });
    second.connection.send(Uint8Array.of(7));
    expect(await again.next()).toEqual(Uint8Array.of(7));
    leave(first, second, again);
  });

  test("is closed where too much, too often or nothing at all is said", async () => {
    const [first, second] = await pair();
    for (let i = 0; i < 6; i++) first.connection.send(Uint8Array.of(i));
    expect(await first.next()).toMatchObject({ message: expect.stringMatching(/over 5 messages a second/) });
    leave(second);
    const heavy = await pair();
    for (let i = 0; i < 3; i++) heavy[0].connection.send(new Uint8Array(15_000));
    expect(await heavy[0].next()).toMatchObject({ message: expect.stringMatching(/over 0.04 MB in a room/) });
    leave(...heavy);
    const quiet = await pair();
    await clock.pass(61);
    for (const end of quiet) expect(await end.next()).toMatchObject({ message: expect.stringMatching(/nothing was said in it for 60 s/) });
  });

  test("is not opened beyond as many as are allowed", async () => {
    const ends = [...(await pair()), ...(await pair())];
    const more = new End(newRoom(), member("d"));
    expect(await more.next()).toMatchObject({ code: "io", message: expect.stringMatching(/there are 2 already; try again later/) });
    leave(...ends);
  });

  test("wants an address and a subprotocol of rooms", async () => {
    const status = (path: string, protocols: string[] = ["twelvehz.room.1"]): Promise<number | undefined> =>
      new Promise((resolve) => {
        const socket = new WebSocket(server.url.replace("http", "ws") + path, protocols);
        socket.on("unexpected-response", (_, { statusCode }) => resolve(statusCode));
        socket.on("open", () => resolve(101));
        socket.on("error", () => undefined);
      });
    expect(await status("/rooms/short?member=0123456789abcdef")).toBe(400);
    expect(await status(`/rooms/${newRoom()}`)).toBe(400);
    expect(await status(`/rooms/${newRoom()}?member=${member("e")}`, ["other"])).toBe(400);
  });
});

test("a server that wants keys has no rooms, unless it is told to", async () => {
  const keysFile = join(temporaryFolder(), "keys");
  writeFileSync(keysFile, newKey("ann").line);
  for (const [limits, wanted] of [
    [{}, { message: expect.stringMatching(/this server has none; .*--rooms/) as string }],
    [{ maxRooms: 1 }, { role: "listener" }],
  ] as const) {
    const { app, url } = await serve({ keysFile, limits });
    const end = new End(newRoom(), member("a"), undefined, url);
    expect(await end.next()).toMatchObject(wanted);
    leave(end);
    await app.close();
  }
});

describe("what is said in a room", () => {
  const secret = new Uint8Array(16).fill(3);

  test("has a name that only the key gives", async () => {
    expect(await roomName(secret)).toMatch(/^[\w-]{22}$/);
    expect(await roomName(secret)).toBe(await roomName(Uint8Array.from(secret)));
    expect(await roomName(new Uint8Array(16))).not.toBe(await roomName(secret));
  });

  test("is opened by the other end alone, and by it unchanged", async () => {
    const [dialer, listener] = [await SignalSeal.open(secret, "dialer"), await SignalSeal.open(secret, "listener")];
    const sealed = await dialer.seal("an offer");
    expect(SignalSeal.matches(sealed)).toBe(true);
    expect(await listener.unseal(sealed)).toBe("an offer");
    const changed = Uint8Array.from(sealed);
    changed[20] ^= 1;
    const stranger = await SignalSeal.open(new Uint8Array(16), "listener");
    for (const [end, bytes] of [
      [dialer, sealed],
      [listener, changed],
      [stranger, sealed],
      [listener, sealed.subarray(0, 9)],
    ] as const)
      await expect(end.unseal(bytes)).rejects.toThrow(/another key, or it was changed/);
  });
});
