/** Who may use a server: keys, tokens, other sites. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, encodeWav } from "@twelvehz/codec";
import { createServer, type ErrorMessage, type ErrorReply, newKey, SUBPROTOCOL } from "@twelvehz/server";
import { temporaryFolder } from "@twelvehz/test-support/command.ts";
import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keptLog, type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const { key, line } = newKey("ann");
const clock = new ManualClock();
const SITE = "https://app.example.org";
const { log, lines } = keptLog();

let server: Serving;
beforeAll(async () => {
  const keysFile = join(temporaryFolder(), "keys");
  writeFileSync(keysFile, line);
  server = await serve({ keysFile, clock, origins: [SITE], log });
  await server.models.ready;
});
afterAll(() => server.app.close());

const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(server.url + path, { method, headers });
const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

async function token(): Promise<string> {
  return ((await (await get("/v1/tokens", bearer(key), "POST")).json()) as { token: string }).token;
}

describe("a server with keys", () => {
  test.each(["/v1/models", "/metrics", "/v1/openapi.json", "/V1/models", "/v1/decode?codes=AAAA"])(
    "keeps %s for those who have one",
    async (path) => {
      for (const headers of [{}, bearer("thz_wrong"), { authorization: `Basic ${key}` }]) {
        const answer = await get(path, headers as Record<string, string>);
        expect([answer.status, ((await answer.json()) as ErrorReply).error.code]).toEqual([401, "unauthorized"]);
      }
      expect((await get(path, bearer(key))).status).not.toBe(401);
    },
  );

  test.each(["/healthz", "/readyz", "/model/compact/config.json"])("has %s open for everyone", async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  test("opens streams only with a key or a token, which is asked for before the upgrade", async () => {
    const status = (headers: Record<string, string>, protocols: string[] = [SUBPROTOCOL]): Promise<number> =>
      new StreamClient(server, "decode", headers, protocols).opened();
    expect(await status({})).toBe(401);
    expect(await status(bearer("thz_wrong"))).toBe(401);
    expect(await status(bearer(key))).toBe(101);
    expect(await status({}, [SUBPROTOCOL, `twelvehz.token.${await token()}`])).toBe(101);
    expect(await status({}, [SUBPROTOCOL, `twelvehz.token.${await token()}x`])).toBe(401);
  });

  test("gives a key's owner tokens that run out, and none for a token", async () => {
    const short = await token();
    expect((await get("/v1/models", bearer(short))).status).toBe(200);
    expect((await get("/v1/tokens", bearer(short), "POST")).status).toBe(403);
    await clock.pass(301);
    expect((await get("/v1/models", bearer(short))).status).toBe(401);
  });
});

describe("an address for a player", () => {
  test("takes a token, which opens nothing else, and no key", async () => {
    const codes = Buffer.from(JSON.stringify([[1, ...new Array<number>(15).fill(0)]])).toString("base64url");
    const link = `/v1/decode?codes=${codes}&raw=true`;
    const given = await token();
    const answer = await get(`${link}&token=${given}`);
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 1920 * 2]);
    const statusOf = async (path: string, method?: string): Promise<number> => (await get(path, {}, method)).status;
    expect(await statusOf(link)).toBe(401);
    expect(await statusOf(`${link}&token=${key}`)).toBe(401);
    expect(await statusOf(`${link}&token=${given}`, "POST")).toBe(401);
    expect(await statusOf(`/v1/models?token=${given}`)).toBe(401);
    await clock.pass(301);
    expect(await statusOf(`${link}&token=${given}`)).toBe(401);
  });

  test("is described", async () => {
    const { paths } = (await (await get("/v1/openapi.json", bearer(key))).json()) as {
      paths: Record<string, { get: { parameters: { name: string; in: string }[] } }>;
    };
    expect(paths["/v1/decode"].get.parameters).toContainEqual(expect.objectContaining({ name: "token", in: "query" }));
  });
});

describe("a key with limits", () => {
  const small = newKey("small");
  const OTHERS = newKey("others");
  let limited: Serving;
  let path: string;
  const time = new ManualClock();
  beforeAll(async () => {
    path = join(temporaryFolder(), "limits");
    writeFileSync(path, `${small.line} slots=1 sockets=2 seconds=1 bytes=60000 messages=5\n${OTHERS.line}\n`);
    limited = await serve({ keysFile: path, clock: time });
    await limited.models.ready;
  });
  afterAll(() => limited.app.close());

  const post = async (bytes: Uint8Array, secret = small.key): Promise<[number, string | undefined]> => {
    const answer = await fetch(`${limited.url}/v1/encode?format=json`, {
      method: "POST",
      body: bytes as BodyInit,
      headers: bearer(secret),
    });
    return [answer.status, ((await answer.json()) as Partial<ErrorReply>).error?.code];
  };
  const wav = (seconds: number): Uint8Array => encodeWav(new Audio(new Float32Array(seconds * 24_000), 24_000)).bytes;
  const open = async (secret: string): Promise<StreamClient> => {
    const client = new StreamClient(limited, "decode", bearer(secret));
    await client.opened();
    client.send({ type: "start" });
    return client;
  };
  const taken = async (): Promise<string> =>
    (await (await fetch(`${limited.url}/metrics`, { headers: bearer(OTHERS.key) })).text())
      .match(/^twelvehz_key_slots_taken.*$/gm)
      ?.join() ?? "";
  const tokenOf = async (secret: string): Promise<string> =>
    ((await (await fetch(`${limited.url}/v1/tokens`, { method: "POST", headers: bearer(secret) })).json()) as { token: string }).token;

  test("takes that much of bytes and seconds, and others take more", async () => {
    expect(await post(wav(1))).toEqual([200, undefined]);
    expect(await post(wav(1.2))).toEqual([413, "too-large"]); // 1.2 s are 57644 bytes
    expect(await post(wav(2))).toEqual([413, "too-large"]);
    expect(await post(wav(2), OTHERS.key)).toEqual([200, undefined]);
  });

  test("takes that many slots, sockets and messages, which are free again afterwards", async () => {
    const first = await open(small.key);
    await first.next("ready");
    expect(await taken()).toBe('twelvehz_key_slots_taken{name="small"} 1');
    const second = await open(small.key);
    expect([((await second.next("error")) as ErrorMessage).code, await second.closed()]).toEqual(["too-many", 1013]);
    expect(await post(wav(1))).toEqual([429, "too-many"]);
    await (await open(OTHERS.key)).next("ready");
    const bare = new StreamClient(limited, "decode", bearer(small.key));
    expect(await bare.opened()).toBe(101);
    expect(await new StreamClient(limited, "decode", bearer(small.key)).opened()).toBe(429);
    for (let i = 0; i < 6; i++) first.send({ type: "keepalive" });
    expect([((await first.next("error")) as ErrorMessage).code, await first.closed()]).toEqual(["policy", 1008]);
    expect(await post(wav(1))).toEqual([200, undefined]);
    expect(await taken()).toBe('twelvehz_key_slots_taken{name="others"} 1');
  });

  test("has tokens of its own, though another key has its name", async () => {
    const [wide, narrow] = [newKey("twin"), newKey("twin")];
    writeFileSync(path, `${small.line} slots=1\n${OTHERS.line}\n${wide.line}\n${narrow.line} seconds=1\n`);
    await time.pass(2);
    const [ofWide, ofNarrow] = [await tokenOf(wide.key), await tokenOf(narrow.key)];
    expect([await post(wav(2), ofWide), await post(wav(2), ofNarrow)]).toEqual([
      [200, undefined],
      [413, "too-large"],
    ]);
    writeFileSync(path, `${small.line} seconds=1 bytes=60000\n${OTHERS.line}\n${wide.line}\n`);
    await time.pass(2);
    expect([await post(wav(1), ofWide), await post(wav(1), ofNarrow)]).toEqual([
      [200, undefined],
      [401, "unauthorized"],
    ]);
  });

  test("takes what the file says now, and tokens of a key that is gone end with it", async () => {
    const lent = await tokenOf(small.key);
    expect(await post(wav(2), lent)).toEqual([413, "too-large"]);
    writeFileSync(path, `${small.line} seconds=5\n${OTHERS.line}\n`);
    await time.pass(2);
    expect(await post(wav(2), lent)).toEqual([200, undefined]);
    writeFileSync(path, `${OTHERS.line}\n`);
    await time.pass(2);
    expect([await post(wav(1), lent), await post(wav(1))]).toEqual([
      [401, "unauthorized"],
      [401, "unauthorized"],
    ]);
  });
});

describe("pages of other sites", () => {
  test("that are named may send requests, also such as are asked for first; others may not", async () => {
    const asked = await get(
      "/v1/encode",
      { origin: SITE, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
      "OPTIONS",
    );
    expect([asked.status, asked.headers.get("access-control-allow-origin"), asked.headers.get("access-control-allow-headers")]).toEqual([
      204,
      SITE,
      "authorization",
    ]);
    const answer = await get("/v1/models", { origin: SITE, ...bearer(key) });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, SITE]);
    const refused = await get("/v1/models", { origin: SITE, ...bearer("thz_wrong") });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, SITE]); // so that the page can read why
    const other = await get("/v1/models", { origin: "https://example.org", ...bearer(key) });
    expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });
});

test("a line for every answer tells nothing that was sent", async () => {
  const link = `/v1/decode?codes=SECRETCODES&token=${await token()}`;
  while (lines.at(-1)?.["route"] !== "/v1/tokens") await new Promise((resolve) => setImmediate(resolve));
  lines.length = 0;
  await get(link);
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual([{ method: "GET", route: "/v1/decode", address: "127.0.0.1", status: expect.any(Number), ms: expect.any(Number) }]);
});

test("a server without a file of keys is not started where it is named", () => {
  expect(() => createServer({ keysFile: "/nonexistent/keys" })).toThrow(/--new-key/);
});
