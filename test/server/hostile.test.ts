/** Clients that are slow, rude or mistaken, over bare sockets where HTTP clients are too polite. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { request } from "node:http";
import type { ErrorMessage, ErrorReply } from "@twelvehz/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipPath } from "@twelvehz/test-support/command.ts";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const CLIP = readFileSync(clipPath("english.mp3")).subarray(0, 16_000);

let server: Serving;
beforeAll(async () => {
  server = await serve();
  await server.models.ready;
});
afterAll(() => server.app.close());

/** Writes all of it, closes its side when it is written, and only then reads: the whole answer. */
function rawExchange(text: string | Uint8Array, at: Serving = server): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(new URL(at.url).port), "127.0.0.1", () => {
      socket.pause();
      socket.write(text, () => socket.resume());
    });
    socket.on("data", (bytes) => (answer += String(bytes)));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

function failureIn(answer: string): [status: number, code: string, message: string] {
  const { error } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as ErrorReply;
  return [Number(answer.split(" ")[1]), error.code, error.message];
}

describe("what is not a request", () => {
  test.each([
    ["an unknown method", "FOO / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "usage", "method"],
    ["another protocol", "GET / SPDY/3\r\n\r\n", 400, "usage", "not HTTP/1.1"],
    ["a length that is none", "POST /v1/encode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ten\r\n\r\n", 400, "usage", "Content-Length"],
    ["a too long address", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 431, "usage", "too long"],
    [
      "two hosts",
      "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
      400,
      "usage",
      "2 Host fields",
    ],
    ["no host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "usage", "no Host"],
    ["a method of another protocol", "PROPFIND / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 404, "not-found", "PROPFIND"],
  ])("%s is refused in the form of every failure", async (_, text, status, code, words) => {
    expect(failureIn(await rawExchange(text))).toEqual([status, code, expect.stringContaining(words)]);
  });
});

describe("a client that closes, and reads nothing before it has sent everything,", () => {
  test.each(["HTTP/1.0\r\n", "HTTP/1.1\r\nConnection: close\r\n"])("sees why it was refused (%j)", async (version) => {
    const small = await serve({ limits: { maxBytes: 1_000_000 } });
    await small.models.ready;
    const body = new Uint8Array(30_000_000);
    const head = Buffer.from(`POST /v1/encode ${version}Host: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n`);
    expect(failureIn(await rawExchange(Buffer.concat([head, body]), small))).toEqual([
      413,
      "too-large",
      expect.stringContaining("1000000 bytes"),
    ]);
    await small.app.close();
  });
});

describe("bodies that stand still", () => {
  test("hold no places, and are given up after a while", async () => {
    const clock = new ManualClock();
    const patient = await serve({ clock, limits: { slots: 2 } });
    await patient.models.ready;
    const begun = new Promise<void>((resolve) => {
      let requests = 0;
      patient.app.server.on("request", () => ++requests === 10 && resolve());
    });
    const silent = Array.from({ length: 10 }, () => {
      const one = request(`${patient.url}/v1/encode`, { method: "POST" });
      one.write(CLIP.subarray(0, 100));
      return new Promise<number | undefined>((resolve) => one.on("response", (answer) => resolve(answer.resume().statusCode)));
    });
    await begun;
    const good = await fetch(`${patient.url}/v1/encode`, { method: "POST", body: CLIP });
    expect(good.status).toBe(200);
    await good.arrayBuffer();
    const statuses = Promise.all(silent);
    let known: (number | undefined)[] | undefined;
    void statuses.then((all) => (known = all));
    while (!known) await clock.pass(10);
    expect(known).toEqual(Array.from({ length: 10 }, () => 408));
    await patient.app.close();
  });
});

/** A connection that says something and then waits: all that it is answered, when it is cut off. */
function cutOff(at: Serving, text: string): { answered: Promise<string>; closed: Promise<string> } {
  let answer = "";
  const socket = connect(Number(new URL(at.url).port), "127.0.0.1", () => socket.write(text));
  socket.on("error", () => undefined);
  const answered = new Promise<string>((resolve) =>
    socket.on("data", (bytes) => {
      answer += String(bytes);
      resolve(answer);
    }),
  );
  const closed = new Promise<string>((resolve) => socket.on("end", () => socket.destroy()).on("close", () => resolve(answer)));
  return { answered, closed };
}

describe("a connection is cut off", () => {
  test("that says nothing, or does not end its header", async () => {
    const strict = await serve({ limits: { headerSeconds: 0.001 } });
    for (const text of ["", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "]) {
      const answer = await cutOff(strict, text).closed;
      expect([answer.split(" ")[1], failureIn(answer)[1]]).toEqual(["408", "usage"]);
    }
    await strict.app.close();
  });

  test("that goes on sending after its answer", async () => {
    const clock = new ManualClock();
    const timed = await serve({ clock });
    await timed.models.ready;
    const { answered, closed } = cutOff(timed, "POST /none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nabc");
    expect(await answered).toContain("404");
    let cut = false;
    void closed.then(() => (cut = true));
    while (!cut) await clock.pass(11);
    await timed.app.close();
  });

  test("that floods a stream with pings", async () => {
    const few = await serve({ limits: { messagesPerSecond: 20 } });
    await few.models.ready;
    const { client } = await StreamClient.start(few, "decode");
    for (let i = 0; i < 100; i++) client.socket.ping();
    expect([((await client.next("error")) as ErrorMessage).code, await client.closed()]).toEqual(["policy", 1008]);
    await few.app.close();
  });
});

describe("a form", () => {
  const form = (fields: Readonly<Record<string, string>>, fileField = "file"): FormData => {
    const made = new FormData();
    for (const [name, value] of Object.entries(fields)) made.set(name, value);
    made.set(fileField, new Blob([CLIP]), "talk.mp3");
    return made;
  };
  const post = (body: BodyInit, query = "", headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/v1/encode${query}`, { method: "POST", body, headers });

  test("with a file gives what the bare file gives, with options in the query or in fields before it", async () => {
    const bare = Buffer.from(await (await post(CLIP, "?layers=4&format=npy")).arrayBuffer());
    for (const answer of [await post(form({}), "?layers=4&format=npy"), await post(form({ layers: "4", format: "npy" }))]) {
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bare)).toBe(true);
    }
  });

  test("with codes is decoded", async () => {
    const codes = new FormData();
    codes.set("float", "true");
    codes.set("file", new Blob(['{"codes":[[1,2,3]]}']), "codes.json");
    const answer = await fetch(`${server.url}/v1/decode`, { method: "POST", body: codes });
    expect([answer.status, (await answer.arrayBuffer()).byteLength > 1920 * 4]).toEqual([200, true]);
  });

  test.each<[string, () => BodyInit, number, string, string, Record<string, string>?]>([
    ["another field", () => form({}, "audio"), 400, "usage", 'field "audio"'],
    ["an option that is not there", () => form({ layer: "1" }), 400, "usage", '"layer"'],
    ["an option that is not valid", () => form({ layers: "few" }), 400, "usage", '"layers" must be integer'],
    [
      "no file",
      () => '--x\r\ncontent-disposition: form-data; name="layers"\r\n\r\n1\r\n--x--\r\n',
      400,
      "usage",
      '"file"',
      { "content-type": "multipart/form-data; boundary=x" },
    ],
    ["no boundary", () => "x", 400, "usage", "oundary", { "content-type": "multipart/form-data" }],
    [
      "no end",
      () => '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF',
      400,
      "usage",
      "form",
      { "content-type": "multipart/form-data; boundary=x" },
    ],
  ])("with %s is refused", async (_, body, status, code, words, headers) => {
    const answer = await post(body(), "", headers);
    const { error } = (await answer.json()) as ErrorReply;
    expect([answer.status, error.code, error.message]).toEqual([status, code, expect.stringContaining(words)]);
  });

  test("that is too long is refused with the limit", async () => {
    const small = await serve({ limits: { maxBytes: 10_000 } });
    const answer = await fetch(`${small.url}/v1/encode`, { method: "POST", body: form({}) });
    expect([answer.status, ((await answer.json()) as ErrorReply).error.code]).toEqual([413, "too-large"]);
    await small.app.close();
  });
});
