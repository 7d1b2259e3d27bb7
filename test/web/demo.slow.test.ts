/**
 * The static build of the page, in a subfolder of a plain server of files that sends no headers of
 * its own.
 */
import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath, launchBrowser } from "../support/browser.ts";
import { temporaryFolder } from "../support/command.ts";
import { downloadedSound, roundTrip, untilReady, visit } from "./product.ts";

const BASE = "/some/place/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Whether the page is isolated, and what another thread writes into memory that it shares with it. */
const SHARED_MEMORY = `new Promise((done) => {
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const code = "onmessage = ({ data }) => { Atomics.store(new Int32Array(data), 0, 42); postMessage(0); }";
  const thread = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  thread.onmessage = () => done([crossOriginIsolated, Atomics.load(new Int32Array(buffer), 0)]);
  thread.postMessage(buffer);
})`;

describe.skipIf(!chromiumPath)(`the static build${browserNote}`, () => {
  const folder = join(temporaryFolder(), "demo");
  let server: Server;

  beforeAll(async () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build-demo.mjs"), folder], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    server = createServer((request, response) => {
      const path = join(folder, (request.url ?? "").replace(BASE, "").replace(/[?#].*/, "") || "index.html");
      if (!request.url?.startsWith(BASE) || !existsSync(path)) return void response.writeHead(404).end();
      response.writeHead(200, {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
        "content-length": statSync(path).size,
        "last-modified": statSync(path).mtime.toUTCString(),
      });
      if (request.method === "HEAD") response.end();
      else createReadStream(path).pipe(response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterAll(() => server?.close());

  test("shares memory with threads, codes in the browser, offers no server, and opens again", async () => {
    const browser = await launchBrowser();
    const guest = await visit({ url: urlOf(server), browser });
    await untilReady(guest);
    expect(await guest.page.evaluate(SHARED_MEMORY)).toEqual([true, 42]);
    expect(await guest.get("where").count()).toBe(0);
    await guest.get("scene-0").click();
    await roundTrip(guest);
    expect((await downloadedSound(guest)).samples.length).toBeGreaterThan(24_000);
    await guest.page.reload();
    await untilReady(guest);
    expect(guest.problems).toEqual([]);
    await browser.close();
  });

  test("works without the threads where the browser gives it no service worker", async () => {
    const browser = await launchBrowser();
    const context = await browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(urlOf(server));
    await page.locator('[data-testid="status"][data-state="ready"]').waitFor({ timeout: 0 });
    expect(await page.evaluate("crossOriginIsolated")).toBe(false);
    await browser.close();
  });
});

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`;
}
