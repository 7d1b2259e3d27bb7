/** Downloads through a proxy that the environment names. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pullModel } from "@twelvehz/codec/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MockHub } from "./mock-hub.ts";
import { modelRepo, NAME, newEnvironment, quick } from "./models.ts";

/** What the proxy was asked for: absolute URLs, and `CONNECT HOST:PORT`. */
let asked: string[];
let proxy: Server;
let hub: MockHub;

/** A name that no network resolves: who reaches it has come through the proxy. */
const FAR = "hub.invalid";

beforeEach(async () => {
  asked = [];
  hub = await MockHub.start({ [NAME]: modelRepo() });
  proxy = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "");
    const target = new URL(incoming.url ?? "", hub.url);
    const port = target.hostname === FAR ? new URL(hub.url).port : target.port;
    const onward = request({ host: "127.0.0.1", port, path: target.pathname + target.search, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.end();
  });
  proxy.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  proxy.closeAllConnections();
  proxy.close();
});

const proxyHost = (): string => `127.0.0.1:${(proxy.address() as AddressInfo).port}`;

/** Pulls with these variables; `PROXY` in their values stands for the proxy. */
function pull(endpoint: string, variables: Readonly<Record<string, string>>): Promise<unknown> {
  const named = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace("PROXY", proxyHost())]));
  const env = newEnvironment(named);
  return pullModel(NAME, { ...quick(hub, env), endpoint });
}

describe("a proxy", () => {
  it.each([
    ["HTTP_PROXY", "http://PROXY"],
    ["http_proxy", "http://PROXY"],
    ["http_proxy", "PROXY"],
    ["ALL_PROXY", "http://PROXY"],
  ])("that %s names as %s is gone through, also to the host that files are redirected to", async (name, value) => {
    await expect(pull(`http://${FAR}`, { [name]: value })).resolves.toMatchObject({ name: NAME });
    expect(asked[0]).toMatch(`http://${FAR}/api/models/`);
    expect(asked.some((url) => url.startsWith("http://127.0.0.1:"))).toBe(true);
    expect(hub.seen).toHaveLength(asked.length);
  });

  it.each([
    ["NO_PROXY", "127.0.0.1"],
    ["no_proxy", "example.org,127.0.0.1"],
    ["NO_PROXY", "*"],
  ])("is not asked for hosts that %s=%s excepts", async (name, value) => {
    await expect(pull(hub.url, { HTTP_PROXY: "http://PROXY", [name]: value })).resolves.toMatchObject({ name: NAME });
    expect(asked).toEqual([]);
  });

  it("gets a tunnel for https, and is named where it fails", async () => {
    await expect(pull(`https://${FAR}`, { HTTPS_PROXY: "http://PROXY", HTTP_PROXY: "http://127.0.0.1:1" })).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining(`HTTPS_PROXY names the proxy ${proxyHost()}`) as string,
    });
    expect(new Set(asked)).toEqual(new Set([`CONNECT ${FAR}:443`]));
  });

  it.each(["socks5://PROXY", "http://", "::"])("that is no HTTP proxy (%s) is refused by the variable's name", async (value) => {
    await expect(pull(`https://${FAR}`, { HTTPS_PROXY: value })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("the proxy that HTTPS_PROXY names") as string,
    });
  });
});
