/** The server over real connections, with the shipped model. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Audio, type Codec, CodecError, collectAudio, encodeWav, openAudioStream, parseCodes, readTokenFile } from "@twelvehz/codec";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { stoi } from "@twelvehz/eval/measures";
import type { ErrorReply, JobReply, ModelsReply, ReadyReply } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipPath, soundPath, temporaryFolder } from "../support/command.ts";
import { type Serving, serve } from "./serving.ts";

const CLIP = readFileSync(clipPath("english.flac"));
/** One second. */
const SHORT = readFileSync(soundPath("english.flac"));

let server: Serving;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
});
afterAll(() => server.app.close());

function post(path: string, body: Uint8Array | string, init: RequestInit = {}, at: Serving = server): Promise<Response> {
  return fetch(at.url + path, { method: "POST", body: body as BodyInit, ...init });
}

async function bytesOf(answer: Response): Promise<Uint8Array> {
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

async function failureOf(answer: Response): Promise<[status: number, code: string, message: string]> {
  const { error } = (await answer.json()) as ErrorReply;
  expect(error.message).toMatch(/^[A-Z].*[^.]$/);
  return [answer.status, error.code, error.message];
}

describe("a clip", () => {
  test("becomes the codes that the library makes of it, and speech again", async () => {
    const codes = readTokenFile(await bytesOf(await post("/v1/encode", CLIP))).codes;
    const codec = await openCodec("compact");
    const clip = await readAudio(clipPath("english.flac"));
    expect(codes.data).toEqual((await codec.encode(clip)).data);
    await codec.close();
    const answer = await post("/v1/decode", await bytesOf(await post("/v1/encode", CLIP)));
    expect(answer.headers.get("content-type")).toBe("audio/wav");
    expect(answer.headers.get("server-timing")).toMatch(/^upload;dur=\d+\.\d, decode;dur=\d+\.\d$/);
    const { samples } = await soundOf(await bytesOf(answer));
    expect(samples.length).toBe(clip.samples.length);
    expect(stoi(clip, new Audio(samples, 24_000))).toBeGreaterThan(0.8);
  });

  test("of another kind, MP3, is read too", async () => {
    expect(readTokenFile(await bytesOf(await post("/v1/encode", readFileSync(soundPath("english.mp3"))))).codes.frames).toBe(13); // 1 s
  });

  test.each(["t12", "npy", "json", "jsonl", "pt"])("comes as %s where the query says so, and all of them are decoded", async (format) => {
    const codes = await bytesOf(await post(`/v1/encode?format=${format}&layers=4`, SHORT));
    expect(parseCodes(codes, { name: `codes.${format}` }).codes.layers).toBe(4);
    const wav = await bytesOf(await post(`/v1/decode?format=${format}`, codes));
    expect(String.fromCharCode(...wav.subarray(0, 4))).toBe("RIFF");
  });

  test.each(["npy", "t12"])(
    "in .%s is decoded with the model that is asked for, and the answer says where that is assumed",
    async (format) => {
      const answer = await post("/v1/decode", await bytesOf(await post(`/v1/encode?format=${format}`, SHORT)));
      await bytesOf(answer);
      const note = `note: the codes name no model: ${server.models.list()[0].info?.name} is assumed`;
      expect(answer.headers.get("twelvehz-findings")).toBe(format === "npy" ? note : null);
    },
  );

  test("comes as JSON where Accept says so", async () => {
    const answer = await post("/v1/encode", SHORT, { headers: { accept: "application/json" } });
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const { codes, model } = (await answer.json()) as { codes: number[][]; model: { name: string } };
    expect([codes.length, codes[0].length, model.name]).toEqual([13, 16, server.models.list()[0].info?.name]);
  });

  test("sounds different with layers left out, and the same selection sounds the same", async () => {
    const codes = await bytesOf(await post("/v1/encode", SHORT));
    const decode = async (query: string): Promise<Buffer> => Buffer.from(await bytesOf(await post(`/v1/decode?${query}`, codes)));
    const all = await decode("");
    for (const query of ["layers=4", "onlyLayer=0", "muteLayers=0,5"]) expect((await decode(query)).equals(all)).toBe(false);
    expect((await decode("layers=15")).equals(await decode("muteLayers=15"))).toBe(true);
  });

  test("is decoded to 32-bit floats that the 16-bit answer is rounded from", async () => {
    const codes = await bytesOf(await post("/v1/encode", SHORT));
    const float = await soundOf(await bytesOf(await post("/v1/decode?float=true", codes)));
    const integer = await bytesOf(await post("/v1/decode", codes));
    expect(Buffer.from(encodeWav(float).bytes).equals(Buffer.from(integer))).toBe(true);
  });

  async function soundOf(wav: Uint8Array): Promise<Audio> {
    return collectAudio(
      await openAudioStream(
        (async function* () {
          yield wav;
        })(),
      ),
      24_000,
    );
  }
});

describe("a request that cannot be used", () => {
  test.each([
    ["nothing", "/v1/encode", "", 400, "bad-format", "empty"],
    ["text for sound", "/v1/encode", "hello", 400, "bad-format", 'text, which begins with "hello"'],
    ["another kind of file", "/v1/encode", "\0\0\0\x18ftypM4A ", 415, "unsupported", "M4A or MP4"],
    ["text for codes", "/v1/decode", "hello", 415, "unsupported", "no known format"],
    ["a code that is not there", "/v1/decode", '{"codes":[[9999]]}', 422, "bad-codes", "9999"],
    ["codes of another model", "/v1/decode", `{"model":{"name":"x","id":"${"1".repeat(32)}"},"codes":[[1]]}`, 409, "model-mismatch", "x"],
    ["an option that is not there", "/v1/decode?layer=1", '{"codes":[[1]]}', 400, "usage", '"layer"'],
    ["a number that is none", "/v1/encode?layers=few", "", 400, "usage", '"layers" must be integer'],
    ["more layers than there are", "/v1/encode?layers=17", CLIP, 400, "usage", "1 to 16"],
    ["a layer that the codes do not have", "/v1/decode?onlyLayer=3", '{"codes":[[1]]}', 400, "usage", "layers 0 to 0"],
    ["two wishes at once", "/v1/decode?layers=1&onlyLayer=0", '{"codes":[[1]]}', 400, "usage", "one of the two"],
    ["a format that is not there", "/v1/encode?format=mp3", "", 400, "usage", "t12, npy, json"],
    ["a model that is not installed", "/v1/encode?model=no/such", CLIP, 404, "not-found", "choose compact"],
    ["a path that is not there", "/v2/encode", "", 404, "not-found", "/v2/encode"],
    ["a path that is none", "/%zz", "", 400, "usage", "%zz"],
  ])("with %s is refused with its reason", async (_, path, body, status, code, words) => {
    const failure = await failureOf(await post(path, body));
    expect(failure).toEqual([status, code, expect.stringContaining(words)]);
  });

  test("because its body is too long is refused before it is read where it says so, and while it is read where it does not", async () => {
    const small = await serve({ limits: { maxBytes: 1_000_000 } });
    const declared = await post("/v1/encode", new Uint8Array(1_000_001), {}, small);
    expect(await failureOf(declared)).toEqual([413, "too-large", expect.stringContaining("1000001 bytes, and the limit is 1000000 bytes")]);
    let sent = 0;
    const wav = encodeWav(new Audio(new Float32Array(200_000), 24_000)).bytes; // then silence without end
    const endless = new ReadableStream<Uint8Array>({
      pull: (stream) => {
        stream.enqueue(sent === 0 ? wavWithoutEnd(wav) : new Uint8Array(65_536));
        sent++;
        if (sent > 100) stream.close();
      },
    });
    const streamed = await fetch(`${small.url}/v1/encode`, { method: "POST", body: endless, duplex: "half" } as RequestInit);
    expect(await failureOf(streamed)).toEqual([413, "too-large", expect.stringContaining("limit is 1000000 bytes")]);
    await small.app.close();
  });

  /** The sizes in the header say "to the end of the file". */
  function wavWithoutEnd(wav: Uint8Array): Uint8Array {
    const out = wav.slice();
    out.fill(255, 4, 8).fill(255, 40, 44);
    return out;
  }

  test("because it is too long to hear is refused with the limit", async () => {
    const short = await serve({ limits: { maxSeconds: 5 } });
    expect(await failureOf(await post("/v1/encode", CLIP, {}, short))).toEqual([413, "too-large", expect.stringContaining("limit is 5 s")]);
    const codes = await bytesOf(await post("/v1/encode", CLIP));
    expect(await failureOf(await post("/v1/decode", codes, {}, short))).toEqual([
      413,
      "too-large",
      expect.stringContaining("limit is 5 s"),
    ]);
    const flood = `{"codes":[${"[1],".repeat(60_000)}[1]]}`;
    expect(await failureOf(await post("/v1/decode", flood, {}, short))).toEqual([413, "too-large", expect.stringContaining("bytes")]);
    await short.app.close();
  });

  test("because another site sends it is refused, and so is one for a name that is not this machine's", async () => {
    const foreign = await post("/v1/encode", CLIP, { headers: { origin: "https://example.org" } });
    expect(await failureOf(foreign)).toEqual([403, "no-permission", expect.stringContaining("https://example.org")]);
    const { statusCode, body } = await server.app.inject({ url: "/readyz", headers: { host: "rebound.example.org" } });
    expect([statusCode, JSON.parse(body).error.code]).toEqual([403, "no-permission"]);
    const open = await serve({ hostNames: "any" });
    expect((await open.app.inject({ url: "/healthz", headers: { host: "codec.example.org" } })).statusCode).toBe(200);
    await open.app.close();
  });
});

/** A codec that encodes when it is told to. */
async function slowCodec(): Promise<{ codec: Codec; begun: () => number; finish: () => void; aborted: () => number }> {
  const codec = await openCodec("compact");
  let [begun, aborted] = [0, 0];
  const waiting: (() => void)[] = [];
  const encodeChunks = codec.encodeChunks.bind(codec);
  codec.encodeChunks = async function* (chunks, options = {}) {
    const pieces: Float32Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    begun++;
    const { signal } = options;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
    if (signal?.aborted) aborted++;
    yield* encodeChunks(pieces, options);
  };
  return { codec, begun: () => begun, aborted: () => aborted, finish: () => waiting.splice(0).forEach((go) => go()) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a model of which a half cannot be loaded", () => {
  test("is closed again, and the request told why", async () => {
    let closed = 0;
    const broken = async (): Promise<Codec> => {
      const codec = await openCodec("compact");
      const close = codec.close.bind(codec);
      codec.prepare = () => Promise.reject(new CodecError("bad-model", "Cannot load it: a half is broken"));
      codec.close = async () => {
        closed++;
        await close();
      };
      return codec;
    };
    const failing = await serve({ openModel: broken });
    expect(await failureOf(await post("/v1/encode", CLIP, {}, failing))).toEqual([
      expect.any(Number),
      "bad-model",
      expect.stringContaining("half"),
    ]);
    expect(closed).toBe(1);
    await failing.app.close();
  });
});

describe("many requests", () => {
  test("are worked on a few at once, and beyond that are told to come again", async () => {
    const slow = await slowCodec();
    const busy = await serve({ openModel: async () => slow.codec, limits: { slots: 2 } });
    await busy.models.ready;
    const answers = [1, 2].map(() => post("/v1/encode", CLIP, {}, busy));
    await until(() => slow.begun() === 2);
    const refused = await post("/v1/encode", CLIP, {}, busy);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await failureOf(refused)).toEqual([503, "busy", expect.stringContaining("2 others")]);
    slow.finish();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    await busy.app.close();
  });

  test("free their places when their clients go away", async () => {
    const slow = await slowCodec();
    const busy = await serve({ openModel: async () => slow.codec, limits: { slots: 1 } });
    await busy.models.ready;
    const leave = new AbortController();
    const gone = post("/v1/encode", CLIP, { signal: leave.signal }, busy).catch(() => "gone");
    await until(() => slow.begun() === 1);
    leave.abort();
    expect(await gone).toBe("gone");
    await until(() => slow.aborted() === 1);
    const next = async (): Promise<number> => {
      const { status } = await post("/v1/encode", CLIP, {}, busy);
      return status === 503 ? next() : status; // its place is given back a moment after its work was cancelled
    };
    const answered = next();
    await until(() => slow.begun() === 2);
    slow.finish();
    expect(await answered).toBe(200);
    await busy.app.close();
  });

  test("that take too long are told so, also where the client is the one who is slow", async () => {
    const slow = await slowCodec();
    const hurried = await serve({ openModel: async () => slow.codec, limits: { requestSeconds: 0.3 } });
    await hurried.models.ready;
    expect(await failureOf(await post("/v1/encode", CLIP, {}, hurried))).toEqual([503, "timeout", expect.stringContaining("over 0.3 s")]);
    for (const path of ["/v1/encode", "/v1/decode"]) {
      const dripping = request(`${hurried.url}${path}`, { method: "POST" });
      dripping.write("{");
      const status = await new Promise((resolve) => dripping.on("response", ({ statusCode }) => resolve(statusCode)));
      expect(status).toBe(503);
      dripping.destroy();
    }
    await hurried.app.close();
  });

  test("in progress are answered before the server closes, and cancelled when that takes too long", async () => {
    const patient = await slowCodec();
    const gentle = await serve({ openModel: async () => patient.codec, limits: { closeSeconds: 30 } });
    const answer = post("/v1/encode", CLIP, {}, gentle);
    await until(() => patient.begun() === 1);
    const closed = gentle.app.close();
    setTimeout(patient.finish, 100);
    expect((await answer).status).toBe(200);
    await closed;
    const stuck = await slowCodec();
    const strict = await serve({ openModel: async () => stuck.codec, limits: { closeSeconds: 0.1 } });
    const cut = post("/v1/encode", CLIP, {}, strict);
    await until(() => stuck.begun() === 1);
    await strict.app.close();
    expect(await failureOf(await cut)).toEqual([503, "timeout", expect.stringContaining("closing")]);
  });

  test("whose bodies do not come to an end do not keep a server from closing", async () => {
    const strict = await serve({ limits: { closeSeconds: 0.1 } });
    await strict.models.ready;
    const dripping = request(`${strict.url}/v1/encode`, { method: "POST" });
    const cut = new Promise((resolve) => dripping.on("close", resolve).on("error", () => undefined));
    const status = new Promise((resolve) => dripping.on("response", (answer) => resolve(answer.resume().statusCode)));
    dripping.write("RIFF");
    await new Promise((resolve) => strict.app.server.once("request", resolve));
    await strict.app.close();
    expect(await status).toBe(503);
    await cut;
  });
});

describe("the state of the server", () => {
  test("is healthy at once, and ready when the model is loaded", async () => {
    let open: (codec: Codec) => void = () => {};
    const opening = new Promise<Codec>((resolve) => (open = resolve));
    const fresh = await serve({ openModel: () => opening });
    expect((await fetch(`${fresh.url}/healthz`)).status).toBe(200);
    const before = await fetch(`${fresh.url}/readyz`);
    expect([before.status, ((await before.json()) as ReadyReply).progress]).toEqual([503, 0]);
    const early = post("/v1/encode", CLIP, {}, fresh); // waits
    open(await openCodec("compact"));
    await fresh.models.ready;
    const after = await fetch(`${fresh.url}/readyz`);
    const { ready, progress, model } = (await after.json()) as ReadyReply;
    expect([after.status, ready, progress, model?.family]).toEqual([200, true, 1, "compact"]);
    expect((await early).status).toBe(200);
    await fresh.app.close();
  });

  test("tells why the model could not be opened", async () => {
    const broken = await serve({ model: temporaryFolder() });
    await broken.models.ready.catch(() => undefined);
    const answer = await fetch(`${broken.url}/readyz`);
    expect([answer.status, ((await answer.json()) as ReadyReply).error?.code]).toEqual([503, "bad-model"]);
    await broken.app.close();
  });

  test("tells how far a request is that was given a name, and knows it no more once it is answered", async () => {
    const half = new Audio(
      new Float32Array(30 * 24_000).map((_, i) => Math.sin(i / 20) / 4),
      24_000,
    ); // three pieces of work
    const job = "a-name-for-this-test";
    const answer = post("/v1/encode", encodeWav(half).bytes, { headers: { "twelvehz-job": job } });
    let ended = false;
    void answer.then(() => (ended = true));
    const told: JobReply[] = [];
    while (!ended) {
      const reply = await fetch(`${server.url}/v1/jobs/${job}`);
      if (reply.status === 200) told.push((await reply.json()) as JobReply);
    }
    await bytesOf(await answer);
    expect(told.some(({ doneSeconds, totalSeconds }) => doneSeconds > 0 && doneSeconds < 30 && totalSeconds === 30)).toBe(true);
    expect(told.map(({ doneSeconds }) => doneSeconds)).toEqual(told.map(({ doneSeconds }) => doneSeconds).sort((a, b) => a - b));
    expect(await failureOf(await fetch(`${server.url}/v1/jobs/${job}`))).toEqual([404, "not-found", expect.stringContaining(job)]);
  });

  test("lists the installed models", async () => {
    const { models } = (await (await fetch(`${server.url}/v1/models`)).json()) as ModelsReply;
    expect(models[0]).toMatchObject({ name: "compact", default: true, info: { layers: 16, frameRate: 12.5 } });
    expect(models[0].bytes).toBeGreaterThan(10_000_000);
  });
});

describe("files", () => {
  test("of the compact model come whole, in ranges, and not again while they are the same", async () => {
    const url = `${server.url}/model/compact/model.safetensors`;
    const part = await fetch(url, { headers: { range: "bytes=8-15" } });
    const wanted = readFileSync(new URL("../../packages/compact-model/model.safetensors", import.meta.url));
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(wanted.subarray(8, 16))).toBe(true);
    expect(part.headers.get("content-range")).toBe(`bytes 8-15/${wanted.length}`);
    const again = await fetch(url, { headers: { "cache-control": "max-age=0", "if-none-match": part.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    const config = (await (await fetch(`${server.url}/model/compact/config.json`)).json()) as { layers: number };
    expect(config.layers).toBe(16);
  });

  test.each(["/model/compact/README.md", "/model/compact/", "/model/compact/../../package.json", "/model/compact/%2e%2e/package.json"])(
    "beside them, such as %s, stay where they are",
    async (path) => {
      expect((await server.app.inject({ url: path })).statusCode).toBe(404);
    },
  );

  test("of the page and all else come with the headers that let a page use threads, and keep other sites out", async () => {
    for (const path of ["/", "/healthz", "/nothing"]) {
      const { headers } = await server.app.inject({ url: path });
      expect(headers).toMatchObject({
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "x-content-type-options": "nosniff",
      });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});
