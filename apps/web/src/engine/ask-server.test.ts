import { CodecError } from "@twelvehz/codec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, errorOfReply } from "./ask-server.ts";

beforeEach(() => void vi.stubGlobal("document", { baseURI: "http://localhost/page/" }));
afterEach(() => vi.unstubAllGlobals());

test("a path is one of the folder of the page, and a key goes with it", async () => {
  const asked = vi.fn<(url: URL, init: RequestInit) => Promise<Response>>(async () => Response.json({}));
  vi.stubGlobal("fetch", asked);
  await ask("v1/tokens", { method: "POST", key: "thz_1" });
  const request = new Request(...asked.mock.calls[0]);
  expect([request.url, request.method, request.headers.get("authorization")]).toEqual([
    "http://localhost/page/v1/tokens",
    "POST",
    "Bearer thz_1",
  ]);
});

test("what the server says is what the user reads", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ error: { code: "too-large", message: "Cannot read it: too long" } }, { status: 413 }));
  await expect(ask("v1/models")).rejects.toMatchObject({ code: "too-large", message: "Cannot read it: too long" });
});

test("an answer of something else is an error as well", () => {
  expect(errorOfReply(502, "<html>")).toMatchObject({ code: "io", message: expect.stringContaining("502") });
  expect(errorOfReply(503, { error: { code: "busy", message: "Wait" } })).toMatchObject({
    name: "ServiceError",
    code: "busy",
    retryable: true,
  });
  expect(errorOfReply(500, undefined)).toBeInstanceOf(CodecError);
});

test("a server that does not answer and a question that is cancelled are told apart", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  await expect(ask("v1/models")).rejects.toMatchObject({ code: "io" });
  await expect(ask("v1/models", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
});
