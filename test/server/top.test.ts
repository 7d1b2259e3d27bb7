/** `twelvehz top` against a server that works. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newKey } from "@twelvehz/server";
import { finished, start, temporaryFolder, twelvehz } from "@twelvehz/test-support/command.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const { key, line } = newKey("ann");
let server: Serving;
beforeAll(async () => {
  const keysFile = join(temporaryFolder(), "keys");
  writeFileSync(keysFile, line);
  server = await serve({ keysFile });
  await server.models.ready;
  const client = new StreamClient(server, "decode", { authorization: `Bearer ${key}` });
  await client.opened();
  client.send({ type: "start" });
  client.send(new Uint8Array(4)); // refused: before "ready"
  await client.closed();
  const stream = new StreamClient(server, "decode", { authorization: `Bearer ${key}` });
  await stream.opened();
  stream.send({ type: "start" });
  await stream.next("ready");
  stream.send(new Uint8Array(32 * 4));
  await stream.next("ack");
});
afterAll(() => server.app.close());

test("shows streams, slots, times and refusals, as a table and as JSON", async () => {
  const env = { TWELVEHZ_KEY: key };
  const asJson = await twelvehz(["top", server.url, "--once", "--json"], { env });
  expect([asJson.status, asJson.stderr]).toEqual([0, ""]);
  const figures = JSON.parse(asJson.stdout.toString()) as Record<string, unknown>;
  const time = { p50Ms: expect.any(Number) as number, p99Ms: expect.any(Number) as number };
  expect(figures).toMatchObject({
    url: server.url,
    streams: { encode: 0, decode: 1 },
    slots: { taken: 1, total: 8 },
    engines: 0,
    frames: { decode: { compute: time, queue: time }, encode: { compute: {} } },
    refused: { policy: 1 },
    keys: { ann: 1 },
    engineRestarts: 0,
  });
  const { status, stdout } = await twelvehz(["top", `${server.url.replace("http://", "")}/`, "--once", "--key", key]);
  const table = stdout.toString();
  expect(status).toBe(0);
  for (const words of [/slots +1 of 8 taken/, /streams +0 encode, 1 decode/, /refused +policy 1/, /slots of keys +ann 1/])
    expect(table).toMatch(words);
});

test("goes on, a line for each look where it is no terminal, until it is told to end", async () => {
  const child = start(["top", server.url, "--key", key, "--interval", "1"]);
  const end = finished(child);
  let text = "";
  child.stdout.on("data", (bytes: Buffer) => {
    text += bytes.toString();
    if (text.split("\n").length > 2) child.kill("SIGINT");
  });
  expect((await end).stdout.toString()).toMatch(/^(streams 1 {2}slots 1\/8 {2}engines 0 {2}[^\n\x1b]*refused 1[^\n\x1b]*\n){2,}$/);
});

test.each<[string, () => string[], number, RegExp]>([
  ["there is no server", () => ["http://127.0.0.1:1"], 74, /twelvehz serve/],
  ["it wants a key", () => [server.url], 77, /TWELVEHZ_KEY/],
  ["it is another's", () => [`${server.url}/model`], 68, /no server of twelvehz/],
])("says in one line where %s", async (_, args, wanted, message) => {
  const { status, stderr } = await twelvehz(["top", ...args(), "--once"]);
  expect([status, stderr.split("\n").length]).toEqual([wanted, 2]);
  expect(stderr).toMatch(message);
});
