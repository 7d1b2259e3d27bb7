/**
 * Bodies and answers over HTTP that are made and used piece by piece, and what the server says of
 * itself.
 */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { Audio, encodeWav, readTokenFile, tokenFileBlocks } from "@twelvehz/codec";
import { readAudio } from "@twelvehz/codec/node";
import type { ErrorReply } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipPath } from "@twelvehz/test-support/command.ts";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

let server: Serving;
let wav: Buffer;
let t12: Buffer;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
  const { samples, sampleRate } = await readAudio(clipPath("english.flac"));
  wav = Buffer.from(encodeWav(new Audio(samples.slice(0, 4 * sampleRate), sampleRate)).bytes);
  t12 = await posted("/v1/encode?stream=true", wav); // many small blocks
});
afterAll(() => server.app.close());

async function posted(path: string, body: Uint8Array): Promise<Buffer> {
  const answer = await fetch(server.url + path, { method: "POST", body: body as BodyInit });
  if (answer.status !== 200) throw new Error(await answer.text());
  return Buffer.from(await answer.arrayBuffer());
}

/** A request whose body is sent by hand. */
async function begun(path: string, first: Uint8Array): Promise<{ sending: ClientRequest; answer: IncomingMessage }> {
  const sending = request(server.url + path, { method: "POST" });
  sending.on("error", () => undefined);
  sending.write(first);
  return { sending, answer: await new Promise((resolve) => sending.on("response", resolve)) };
}

function firstOf(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    answer.once("data", (piece: Buffer) => {
      answer.pause();
      resolve(piece);
    });
  });
}

async function rest(answer: IncomingMessage, into: Buffer[] = []): Promise<Buffer> {
  for await (const piece of answer) into.push(piece as Buffer);
  return Buffer.concat(into);
}

describe("an answer that is streamed", () => {
  test("has sound before the codes have all been sent, the samples of the whole answer", async () => {
    const whole = await posted("/v1/decode?raw=true", t12);
    const half = Math.floor(t12.length / 2);
    const { sending, answer } = await begun("/v1/decode?raw=true&stream=true", t12.subarray(0, half));
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
      200,
      "application/octet-stream; format=s16le; rate=24000; channels=1",
    ]);
    const first = await firstOf(answer); // nothing more was sent
    expect(first.length).toBeGreaterThan(0);
    sending.end(t12.subarray(half));
    const all = await rest(answer, [first]);
    expect(all.subarray(0, whole.length).equals(whole)).toBe(true); // and what fills the last frame
  });

  test("has codes before the sound has all been sent, the codes of the whole answer", async () => {
    const { sending, answer } = await begun("/v1/encode?stream=true", wav.subarray(0, 150_000));
    const first = await firstOf(answer);
    sending.end(wav.subarray(150_000));
    const all = await rest(answer, [first]);
    const whole = readTokenFile(await posted("/v1/encode", wav)).codes;
    expect(readTokenFile(all).codes.data).toEqual(whole.data);
    expect(readTokenFile(all).codes.sampleCount).toBe(whole.sampleCount);
    const early = (async function* () {
      yield new Uint8Array(first);
    })();
    let frames = 0;
    for await (const event of tokenFileBlocks(early)) if (event.type === "frames") frames += event.codes.frames;
    expect(frames).toBeGreaterThan(0);
  });

  test("of a round trip is a WAV file that can be played from its first bytes", async () => {
    const whole = await posted("/v1/roundtrip?float=true", wav);
    const { sending, answer } = await begun("/v1/roundtrip?float=true&stream=true", wav.subarray(0, 150_000));
    const first = await firstOf(answer);
    expect(first.subarray(0, 4).toString()).toBe("RIFF");
    sending.end(wav.subarray(150_000));
    const all = await rest(answer, [first]);
    expect(all.subarray(58, whole.length).equals(whole.subarray(58))).toBe(true);
  });

  test("is refused as ever while nothing of it was sent, and cut when something fails later", async () => {
    const refused = await fetch(`${server.url}/v1/decode?stream=true`, { method: "POST", body: "hello" });
    expect([refused.status, ((await refused.json()) as ErrorReply).error.code]).toEqual([400, "bad-format"]);
    const format = await fetch(`${server.url}/v1/encode?stream=true&format=npy`, { method: "POST", body: wav as BodyInit });
    expect([format.status, ((await format.json()) as ErrorReply).error.code]).toEqual([400, "usage"]);
    const lines = "[1,2,3]\n".repeat(40);
    const { sending, answer } = await begun("/v1/decode?stream=true", Buffer.from(lines));
    const cut = rest(answer).catch((error: NodeJS.ErrnoException) => error.code);
    sending.end("[99999]\n");
    expect(await cut).toBe("ECONNRESET");
    await free();
  });

  test("gives its slot back when its client goes away", async () => {
    const { sending, answer } = await begun("/v1/decode?stream=true", Buffer.from("[1,2,3]\n".repeat(40)));
    answer.on("error", () => undefined);
    sending.destroy();
    await free();
  });

  /** Waits until nothing is in work. */
  async function free(): Promise<void> {
    while (!(await metrics()).includes("twelvehz_slots_taken 0\n")) await new Promise((resolve) => setImmediate(resolve));
  }
});

test("a player may have a sound by its address alone", async () => {
  const codes = await posted("/v1/encode", wav.subarray(0, 100_044));
  const answer = await fetch(`${server.url}/v1/decode?codes=${codes.toString("base64url")}`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "audio/wav"]);
  const whole = await posted("/v1/decode?raw=true", codes);
  expect(
    Buffer.from(await answer.arrayBuffer())
      .subarray(44)
      .equals(whole),
  ).toBe(true);
});

test("a player hears a sound of an address, and of a file of one block, before all of it is made", async () => {
  const codes = await posted("/v1/encode", wav.subarray(0, 100_044));
  const whole = await posted("/v1/decode?raw=true", codes);
  const link = await fetch(`${server.url}/v1/decode?stream=true&codes=${codes.toString("base64url")}`);
  const pieces: Buffer[] = [];
  for await (const piece of link.body as ReadableStream<Uint8Array>) pieces.push(Buffer.from(piece));
  expect(pieces.length).toBeGreaterThan(3); // 26 frames, four at a time
  expect(
    Buffer.concat(pieces)
      .subarray(44, 44 + whole.length)
      .equals(whole),
  ).toBe(true);
  expect((await posted("/v1/decode?stream=true&raw=true", codes)).subarray(0, whole.length).equals(whole)).toBe(true);
});

async function metrics(): Promise<string> {
  return (await fetch(`${server.url}/metrics`)).text();
}

describe("the figures for Prometheus", () => {
  test("count what streams and requests do", async () => {
    const { client } = await StreamClient.start(server, "decode");
    expect(await metrics()).toContain('twelvehz_streams_open{kind="decode"} 1\n');
    client.send(new Uint8Array(32 * 2));
    client.send({ type: "finish" });
    await client.closed();
    const text = await metrics();
    expect(text).toContain('twelvehz_audio_seconds_total{kind="decode"} 0.16\n');
    expect(text).toMatch(/twelvehz_frame_seconds_count\{stage="compute",kind="decode"\} [12]\n/);
    expect(text).toMatch(/twelvehz_rejected_total\{reason="bad-format"\} [1-9]/);
    expect(text).toMatch(
      /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/v1\/encode",http_response_status_code="200"\} [1-9]/,
    );
    expect(text).toMatch(/^twelvehz_slots 8$/m);
  });
});

test("the description of the routes has the options that are checked", async () => {
  const description = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
    components: { schemas: { StreamMessage: { oneOf: { properties: { type: { enum: string[] } } }[] } } };
  };
  expect(description.openapi).toBe("3.1.0");
  const names = (path: string, method: string): string[] =>
    description.paths[path][method].parameters?.map(({ name }) => name).sort() ?? [];
  expect(names("/v1/encode", "post")).toEqual(["attention", "format", "layers", "model", "stream", "strict"]);
  expect(names("/v1/decode", "get")).toContain("codes");
  const types = description.components.schemas.StreamMessage.oneOf.flatMap(({ properties }) => properties.type.enum);
  expect(types).toEqual(["start", "setLayers", "conceal", "flush", "finish", "keepalive"]);
  for (const path of ["/v1/roundtrip", "/v1/models", "/healthz", "/readyz", "/metrics", "/v1/stream/encode", "/v1/stream/decode"])
    expect(Object.keys(description.paths)).toContain(path);
});
