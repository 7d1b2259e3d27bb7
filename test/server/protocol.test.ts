/** The specification of the streams, followed to the letter. */
import { readFileSync } from "node:fs";
import { parseCodes, WavEncoder } from "@twelvehz/codec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { type Serving, serve } from "./serving.ts";
import { type Came, StreamClient } from "./stream-client.ts";

const SPECIFICATION = readFileSync(`${root}/docs/protocol.md`, "utf8");
const EXAMPLES = [...SPECIFICATION.matchAll(/```text (encode|decode)\n([\s\S]*?)```/g)].map(
  ([, kind, text]) => [kind, text.trim().split("\n")] as const,
);

let server: Serving;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
});
afterAll(() => server.app.close());

function bytesFrom(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
}

/** What came, as the specification writes it. */
function written(came: Came, line: string): string {
  if (came instanceof Uint8Array) return `bytes ${came.length}`;
  if (came.type === "close") return `close ${came.code}`;
  const wanted = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(came).map(([name, value]) => [name, wanted[name] === "…" ? "…" : value]);
  return JSON.stringify(Object.fromEntries(shown));
}

describe("the specification", () => {
  test.each(EXAMPLES)("holds for its example to %s", async (kind, lines) => {
    const client = new StreamClient(server, kind as "encode" | "decode");
    await client.opened();
    for (const line of lines) {
      const text = line.slice(2);
      if (line.startsWith("> bytes")) client.send(bytesFrom(text.slice(6)));
      else if (line.startsWith(">")) client.send(text);
      else expect(written(await client.next(), text)).toBe(text);
    }
  });

  test("has the bytes of samples and codes", () => {
    const rows = [...SPECIFICATION.matchAll(/^\| (.*) \| `([0-9a-f ]+)` \|$/gm)].map(([, , hex]) => Buffer.from(bytesFrom(hex)));
    const samples = Float32Array.of(0, 0.5, -1);
    const sound = [false, true].map((float) => Buffer.from(new WavEncoder({ sampleRate: 24_000, float }).encode(samples)));
    const { data } = parseCodes(Buffer.from('{"codes":[[1,2,3],[2047,0,5]]}')).codes;
    expect(rows).toEqual([...sound, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
  });

  test("lists every message of a client, and each is taken as it stands", async () => {
    const messages = [...SPECIFICATION.matchAll(/^\| `(\{"type":"(?!ready|ack|done|error).*?\})` \|/gm)].map(([, text]) => text);
    expect(messages.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual([
      "start",
      "setLayers",
      "conceal",
      "flush",
      "finish",
      "keepalive",
    ]);
    const [start, setLayers, conceal, flush, finish, keepalive] = messages;
    const client = new StreamClient(server, "decode");
    await client.opened();
    client.send(start);
    await client.next("ready");
    client.send(new Uint8Array(32));
    for (const text of [setLayers, conceal, keepalive, flush, finish]) client.send(text);
    expect(await client.closed()).toBe(1000);
    expect(client.payload.length).toBe(2 * 1920 * 2); // one frame, and one in the place of a lost one
  });
});
