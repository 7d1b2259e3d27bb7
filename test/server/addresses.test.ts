/** By which address limits are counted: that of the connection, or the one that a trusted proxy tells. */
import { createServer } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { keptLog, type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const { log, lines } = keptLog();
const limits = { socketsPerAddress: 1, slots: 4 };

let behind: Serving;
let bare: Serving;
beforeAll(async () => {
  behind = await serve({ limits, trustedProxies: ["127.0.0.0/8", "10.1.0.0/16"], log });
  bare = await serve({ limits });
  await Promise.all([behind.models.ready, bare.models.ready]);
});
afterAll(() => Promise.all([behind.app.close(), bare.app.close()]));

const via = (...addresses: string[]): Record<string, string> => ({ "x-forwarded-for": addresses.join(", ") });
const stream = (server: Serving, headers: Record<string, string>): Promise<number> => new StreamClient(server, "decode", headers).opened();
const room = (server: Serving, name: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve) => {
    const url = `${server.url.replace("http", "ws")}/rooms/${name.padEnd(22, "_")}?member=0123456789abcdef`;
    const socket = new WebSocket(url, ["twelvehz.room.1"], { headers });
    socket.on("unexpected-response", (_, { statusCode }) => resolve(statusCode));
    socket.on("open", () => resolve(101));
    socket.on("error", () => undefined);
  });

describe("behind a proxy that is trusted", () => {
  test("clients of streams have their own addresses, and none can choose one", async () => {
    expect(await stream(behind, via("192.0.2.1"))).toBe(101);
    expect(await stream(behind, via("192.0.2.2"))).toBe(101);
    expect(await stream(behind, via("192.0.2.1"))).toBe(429);
    expect(await stream(behind, via("198.51.100.7", "192.0.2.1"))).toBe(429); // what a client wrote itself stands in front
    expect(await stream(behind, via("192.0.2.2", "10.1.2.3"))).toBe(429); // of two proxies, both trusted
  });

  test("clients of rooms, too", async () => {
    const statuses: (number | undefined)[] = [];
    for (const [name, address] of [
      ["a", "192.0.2.1"],
      ["b", "192.0.2.2"],
      ["c", "192.0.2.1"],
    ] as const)
      statuses.push(await room(behind, name, via(address)));
    expect(statuses).toEqual([101, 101, 429]);
  });

  test("the log tells theirs", async () => {
    lines.length = 0;
    await (await fetch(`${behind.url}/healthz`, { headers: via("192.0.2.9") })).text();
    while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(lines[0]).toMatchObject({ route: "/healthz", address: "192.0.2.9" });
  });

  test("one address gets half of the slots, for streams and requests, and others the rest", async () => {
    const clients = await serve({ limits: { slots: 3, socketsPerAddress: 9 }, trustedProxies: ["loopback"] });
    await clients.models.ready;
    const started = async (address: string): Promise<string> => {
      const client = new StreamClient(clients, "decode", via(address));
      await client.opened();
      client.send({ type: "start" });
      const first = await client.next();
      return "code" in first ? String(first.code) : "type" in first ? first.type : "";
    };
    const roundtrip = async (address: string): Promise<number> =>
      (await fetch(`${clients.url}/v1/encode`, { method: "POST", body: "no sound", headers: via(address) })).status;
    expect([await started("192.0.2.1"), await started("192.0.2.1"), await started("192.0.2.1")]).toEqual(["ready", "ready", "too-many"]);
    expect([await roundtrip("192.0.2.1"), await roundtrip("192.0.2.2")]).toEqual([429, 400]);
    expect([await started("127.0.0.1"), await started("192.0.2.2")]).toEqual(["ready", "busy"]);
    await clients.app.close();
  });
});

test("nobody else is believed", async () => {
  expect(await stream(bare, via("192.0.2.1"))).toBe(101);
  expect(await stream(bare, via("192.0.2.2"))).toBe(429);
});

test("what is no network is refused at once", () => {
  expect(() => createServer({ trustedProxies: ["codec.example.org"] })).toThrow(
    /^Cannot trust the proxies codec\.example\.org: .*10\.0\.0\.0\/8/,
  );
});
