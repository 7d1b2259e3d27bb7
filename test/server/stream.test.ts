/** Streams over WebSocket, with the shipped model. */
import fc from "fast-check";
import { Audio, type Codec, type Codes, encodeWav, WavEncoder } from "@twelvehz/codec";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import type { DoneMessage, ErrorMessage, ReadyMessage } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipPath } from "@twelvehz/test-support/command.ts";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

let server: Serving;
let codec: Codec;
let clip: Audio;
let codes: Codes;
let sound: Buffer;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
  codec = await openCodec("compact");
  const whole = await readAudio(clipPath("english.flac"));
  clip = new Audio(whole.samples.slice(0, 30_000), whole.sampleRate);
  codes = await codec.encode(clip);
  const stream = codec.openDecodeStream();
  const parts = [await stream.push(codes), await stream.flush()];
  sound = Buffer.concat(parts.map((part) => new WavEncoder({ sampleRate: 24_000 }).encode(part)));
});
afterAll(async () => {
  await codec.close();
  await server.app.close();
});

function codeBytes({ data }: Codes): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Sends pieces of these lengths in units, one after the other, until all is sent. */
function* pieces(bytes: Uint8Array, unit: number, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + lengths[i % lengths.length] * unit);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** Waits until the server knows that every client is gone. */
async function noConnections({ app }: Serving): Promise<void> {
  const count = (): Promise<number> => new Promise((resolve, reject) => app.server.getConnections((e, n) => (e ? reject(e) : resolve(n))));
  while ((await count()) > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("a stream", () => {
  test("gives the bits that the library gives, however its messages are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), async (lengths) => {
        const decode = await StreamClient.start(server, "decode");
        for (const piece of pieces(codeBytes(codes), 32, lengths)) decode.client.send(piece);
        const encode = await StreamClient.start(server, "encode", { pcm: "f32" });
        const bytes = new Uint8Array(clip.samples.buffer, clip.samples.byteOffset, clip.samples.byteLength);
        for (const piece of pieces(
          bytes,
          4,
          lengths.map((n) => n * 701),
        ))
          encode.client.send(piece);
        for (const { client } of [encode, decode]) client.send({ type: "finish" });
        expect([await encode.client.closed(), await decode.client.closed()]).toEqual([1000, 1000]);
        expect(Buffer.from(encode.client.payload).equals(codeBytes(codes))).toBe(true);
        expect(Buffer.from(decode.client.payload).equals(sound)).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  test("takes 16-bit sound for what a 16-bit file holds", async () => {
    const wav = encodeWav(clip).bytes;
    const { client } = await StreamClient.start(server, "encode", { layers: 4 });
    client.send(wav.subarray(44));
    client.send({ type: "flush" });
    const done = (await client.next("done")) as DoneMessage;
    expect(done).toEqual({ type: "done", frames: codes.frames, samples: clip.samples.length, final: false });
    client.send(wav.subarray(44)); // a new clip
    client.send({ type: "finish" });
    await client.closed();
    const half = client.payload.length / 2;
    expect(half).toBe(codes.frames * 4 * 2);
    expect(Buffer.from(client.payload.subarray(0, half)).equals(client.payload.subarray(half))).toBe(true);
  });

  test("changes its layers between frames, and says what it cannot do while it goes on", async () => {
    const { client } = await StreamClient.start(server, "decode");
    client.send(codeBytes(codes).subarray(0, 32));
    client.send({ type: "setLayers", onlyLayer: 99 - 60 });
    const error = (await client.next("error")) as ErrorMessage;
    expect([error.code, error.retryable]).toEqual(["usage", false]);
    client.send({ type: "setLayers", muteLayers: [0] });
    client.send(codeBytes(codes).subarray(32));
    client.send({ type: "finish" });
    expect(await client.closed()).toBe(1000);
    expect(client.payload.length).toBe(sound.length);
    expect(Buffer.from(client.payload).equals(sound)).toBe(false);
  });
});

describe("a stream that lost its connection", () => {
  test("goes on where it was, wherever that is, and nothing is lost or comes twice", async () => {
    const all = [...pieces(codeBytes(codes), 32, [3])];
    for (const cut of [0, 1, 2, all.length]) {
      const { client, ready } = await StreamClient.start(server, "decode");
      for (const piece of all.slice(0, cut)) client.send(piece);
      if (cut > 0) await client.next("ack");
      client.socket.terminate();
      await client.closed();
      const received = client.came.filter((one) => one instanceof Uint8Array).length;
      const resume = { session: ready.session, token: ready.token, received };
      const again = await StreamClient.start(server, "decode", { resume });
      expect(again.ready.session).toBe(ready.session);
      for (const piece of all.slice(again.ready.received)) again.client.send(piece);
      again.client.send({ type: "finish" });
      expect(await again.client.closed()).toBe(1000);
      expect(Buffer.concat([client.payload, again.client.payload]).equals(sound)).toBe(true);
    }
  });

  test("is told again what is worked on, as it may not have heard it", async () => {
    const { client, ready } = await StreamClient.start(server, "decode");
    client.send(codeBytes(codes).subarray(0, 96));
    const ack = await client.next("ack");
    client.socket.terminate();
    await client.closed();
    const resume = { session: ready.session, token: ready.token, received: 1 };
    const again = await StreamClient.start(server, "decode", { resume });
    expect([await again.client.next(), ack]).toEqual([ack, { type: "ack", received: 1, position: 3 }]);
    again.client.socket.close(1000);
    await again.client.closed();
  });

  test.each<[string, (ready: ReadyMessage) => object]>([
    ["another's token", ({ session, token }) => ({ session, token: token.replace(/^./, (c) => (c === "A" ? "B" : "A")), received: 0 })],
    ["a session that never was", ({ token }) => ({ session: "none", token, received: 0 })],
    ["messages that were never sent", ({ session, token }) => ({ session, token, received: 5 })],
  ])("is not given to %s", async (_, resume) => {
    const { client, ready } = await StreamClient.start(server, "decode");
    const thief = new StreamClient(server, "decode");
    await thief.opened();
    thief.send({ type: "start", resume: resume(ready) as never });
    expect([((await thief.next("error")) as ErrorMessage).code, await thief.closed()]).toEqual(["no-session", 4404]);
    client.socket.close(1000);
    await client.closed();
  });

  test("gives its slot to another that comes, and is forgotten after a while", async () => {
    const clock = new ManualClock();
    const small = await serve({ clock, limits: { slots: 1 } });
    await small.models.ready;
    const first = await StreamClient.start(small, "decode");
    const refused = new StreamClient(small, "decode");
    await refused.opened();
    refused.send({ type: "start" });
    const error = (await refused.next("error")) as ErrorMessage;
    expect([error.code, error.retryable, (error.retrySeconds ?? 0) > 0, await refused.closed()]).toEqual(["busy", true, true, 1013]);
    first.client.socket.terminate();
    await first.client.closed();
    const second = await startWhenFree(small);
    second.client.socket.terminate();
    await second.client.closed();
    await noConnections(small);
    await clock.pass(21);
    const late = new StreamClient(small, "decode");
    await late.opened();
    late.send({ type: "start", resume: { session: second.ready.session, token: second.ready.token, received: 0 } });
    expect(await late.closed()).toBe(4404);
    await small.app.close();
  });

  /** The server learns of an end a moment after its client. */
  async function startWhenFree(at: Serving): Promise<{ client: StreamClient; ready: ReadyMessage }> {
    for (;;) {
      try {
        return await StreamClient.start(at, "decode");
      } catch {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
});

describe("a client", () => {
  test.each<[string, string | Uint8Array, number, string]>([
    ["sends sound before it starts", new Uint8Array(4), 1008, "policy"],
    ["sends what is no JSON", "hello", 4400, "usage"],
    ["sends a message that is not there", '{"type":"bye"}', 4400, "usage"],
    ["wishes for what is not there", '{"type":"start","layer":1}', 4400, "usage"],
    ["wishes for too many layers", '{"type":"start","layers":40}', 4400, "usage"],
    ["wishes for a model that is not there", '{"type":"start","model":"../../etc"}', 4404, "not-found"],
  ])("that %s is told so, and closed", async (_, message, closeCode, code) => {
    const client = new StreamClient(server, "encode");
    await client.opened();
    client.send(message);
    expect([((await client.next("error")) as ErrorMessage).code, await client.closed()]).toEqual([code, closeCode]);
  });

  test.each<[string, Uint8Array, number, string]>([
    ["half a frame", new Uint8Array(33), 4400, "usage"],
    ["a code that is not there", Uint8Array.of(0, 100, ...new Uint8Array(30)), 4403, "bad-codes"],
    ["more than its credit", new Uint8Array(32 * 80), 1008, "policy"],
  ])("that sends %s is told so, and closed", async (_, bytes, closeCode, code) => {
    const { client } = await StreamClient.start(server, "decode");
    client.send(bytes);
    expect([((await client.next("error")) as ErrorMessage).code, await client.closed()]).toEqual([code, closeCode]);
  });

  test("that sends a message that is too long, or in too many pieces, is closed", async () => {
    const long = await StreamClient.start(server, "encode");
    long.client.send(new Uint8Array(262_146));
    expect(await long.client.closed()).toBe(1009);
    const pieces = await StreamClient.start(server, "encode");
    for (let i = 0; i < 20; i++) pieces.client.socket.send(new Uint8Array(2), { fin: false, binary: true });
    expect([1008, 1009]).toContain(await pieces.client.closed());
  });

  test("that asks for another protocol, another path, for another host or from another site gets no socket", async () => {
    const status = (...args: ConstructorParameters<typeof StreamClient>): Promise<number> => new StreamClient(...args).opened();
    expect(await status(server, "encode", {}, ["other.v1"])).toBe(400);
    expect(await status(server, "nothing" as "encode")).toBe(404);
    expect(await status(server, "encode", { host: "rebound.example.org" })).toBe(403);
    expect(await status(server, "encode", { origin: "https://example.org" })).toBe(403);
    await noConnections(server); // none of them is left open
  });

  test("that is silent is closed: before it starts, and after", async () => {
    const clock = new ManualClock();
    const timed = await serve({ clock });
    await timed.models.ready;
    const early = new StreamClient(timed, "encode");
    await early.opened();
    const { client } = await StreamClient.start(timed, "encode");
    await clock.pass(6);
    expect(await early.closed()).toBe(4408);
    client.send({ type: "keepalive" });
    client.send(new Uint8Array(2));
    await client.next("ack");
    await clock.pass(29);
    client.send({ type: "keepalive" });
    client.send(new Uint8Array(2));
    await client.next("ack");
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    const code = client.closed();
    await clock.pass(31);
    expect(await code).toBe(4408);
    await timed.app.close();
  });

  test("of a server that goes down may end in time; else it is told to resume elsewhere", async () => {
    const gentle = await serve({ limits: { closeSeconds: 30 } });
    const ending = await StreamClient.start(gentle, "decode");
    const closed = gentle.app.close();
    ending.client.send(codeBytes(codes).subarray(0, 64));
    ending.client.send({ type: "finish" });
    expect(await ending.client.closed()).toBe(1000);
    await closed;
    const strict = await serve({ limits: { closeSeconds: 0.05 } });
    const { client } = await StreamClient.start(strict, "decode");
    await strict.app.close();
    const error = (await client.next("error")) as ErrorMessage;
    expect([error.code, error.retryable, await client.closed()]).toEqual(["draining", true, 1001]);
  });
});

test("clients that come and go at any moment leave nothing behind", async () => {
  const clock = new ManualClock();
  const busy = await serve({ clock, limits: { slots: 64 } });
  await busy.models.ready;
  const moments: readonly ((client: StreamClient) => Promise<unknown>)[] = [
    async () => undefined,
    (client) => client.opened(),
    async (client) => {
      await client.opened();
      client.send({ type: "start" });
    },
    async (client) => {
      await client.opened();
      client.send({ type: "start" });
      await client.next("ready");
      client.send(codeBytes(codes).subarray(0, 320));
    },
  ];
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      moments.map(async (until) => {
        const client = new StreamClient(busy, "decode");
        await until(client);
        client.socket.terminate();
      }),
    );
    await noConnections(busy);
  }
  const taken = async (): Promise<string> =>
    /twelvehz_slots_taken (\d+)/.exec((await busy.app.inject({ url: "/metrics" })).body)?.[1] ?? "";
  while ((await taken()) !== "0") await clock.pass(21); // what could be resumed is forgotten
  expect((await busy.app.inject({ url: "/metrics" })).body).toContain('twelvehz_streams_open{kind="decode"} 0\n');
  await busy.app.close();
});
