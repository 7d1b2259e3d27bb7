import { Audio, CodecError, Codes, encodeWav, writeTokenFile } from "@twelvehz/codec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, decodeQuery, errorOfReply, ServerCoder } from "./server-coder.ts";

const INFO = {
  name: "tiny",
  id: "0".repeat(32),
  layers: 16,
  codebookSize: 2048,
  frameRate: 12.5,
  sampleRate: 24_000,
  samplesPerFrame: 1920,
  decodeDelaySamples: 0,
  backend: "test",
} as const;
const requests: Request[] = [];

/** Answers every request with the same. */
function serve(answer: () => Response): void {
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    requests.push(new Request(url, init));
    return answer();
  });
}

beforeEach(() => {
  requests.length = 0;
  vi.stubGlobal("document", { baseURI: "http://localhost/page/" });
});
afterEach(() => vi.unstubAllGlobals());

test("sound is sent without rounding and codes come back", async () => {
  const codes = new Codes(
    Int16Array.from({ length: 32 }, (_, i) => i),
    16,
    { sampleCount: 3000 },
  );
  serve(() => new Response(writeTokenFile(codes) as Uint8Array<ArrayBuffer>));
  const audio = new Audio(Float32Array.of(0.1, -0.2, 1e-6), 24_000);
  const found = await new ServerCoder("tiny", INFO).encode(audio);
  expect([found.data, found.layers, found.sampleCount]).toEqual([codes.data, 16, 3000]);
  expect(requests[0].url).toBe("http://localhost/page/v1/encode?model=tiny");
  const sent = new Uint8Array(await requests[0].arrayBuffer());
  expect(sent).toEqual(new Uint8Array(encodeWav(audio, { float: true }).bytes));
});

test("a selection of layers is asked for", () => {
  expect(decodeQuery("m", {}).toString()).toBe("model=m&float=true");
  expect(decodeQuery("m", { onlyLayer: 0 }).get("onlyLayer")).toBe("0");
  expect(decodeQuery("m", { layers: 8, muteLayers: [1, 3] }).toString()).toBe("model=m&float=true&layers=8&muteLayers=1%2C3");
});

test("what the server says is what the user reads", async () => {
  serve(() => Response.json({ error: { code: "too-large", message: "Cannot read it: too long" } }, { status: 413 }));
  await expect(ask("v1/models")).rejects.toMatchObject({ code: "too-large", message: "Cannot read it: too long" });
});

test("an answer of something else is an error as well", () => {
  expect(errorOfReply(502, "<html>")).toMatchObject({ code: "io", message: expect.stringContaining("502") });
  expect(errorOfReply(503, { error: { code: "busy", message: "Wait" } })).toMatchObject({ code: "io", message: "Wait" });
  expect(errorOfReply(500, undefined)).toBeInstanceOf(CodecError);
});

test("a server that does not answer and a request that is cancelled are told apart", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  await expect(ask("v1/models")).rejects.toMatchObject({ code: "io" });
  await expect(ask("v1/models", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
});
