/** The product as its users have it: the server with the built page, in a headless Chromium. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { AddressInfo } from "node:net";
import { Audio } from "@twelvehz/codec";
import { readAudio } from "@twelvehz/codec/node";
import { createServer, type Server } from "@twelvehz/server";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { root } from "../root.ts";
import { launchBrowser } from "../support/browser.ts";

/** How long the page may take for one step on a busy machine, in milliseconds. */
const PATIENCE_MS = 600_000;

/** A server with the page, and a browser. */
export interface Product {
  readonly url: string;
  readonly browser: Browser;
  /** Takes the server away; the browser stays. */
  stopServer(): Promise<void>;
  /** Brings it back, at the same address. */
  startServer(): Promise<void>;
  close(): Promise<void>;
}

/** What is not as usual. */
export interface ProductOptions {
  /** Default model of the server. Default: `compact`. */
  readonly model?: string;
  /** For the browser. */
  readonly args?: readonly string[];
}

/**
 * Starts both. The page must have been built.
 * @param microphone WAV file that is heard instead of a microphone
 */
export async function startProduct(microphone?: string, { model = "compact", args = [] }: ProductOptions = {}): Promise<Product> {
  if (!existsSync(`${root}/packages/server/dist/page/index.html`)) throw new Error('The page is not built: run "npm run build"');
  let app = await listening(0, model);
  const { port } = app.server.address() as AddressInfo;
  const fake = microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}%noloop`];
  const browser = await launchBrowser({ args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", ...fake, ...args] });
  return {
    url: `http://127.0.0.1:${port}`,
    browser,
    stopServer: () => app.close(),
    async startServer() {
      app = await listening(port, model);
    },
    async close() {
      await browser.close();
      await app.close();
    },
  };
}

async function listening(port: number, model: string): Promise<Server["app"]> {
  const { app } = createServer({ model, limits: { closeSeconds: 0 } });
  await app.listen({ port, host: "127.0.0.1" });
  return app;
}

/** A tab of the browser with the page in it, and what happened there. */
export interface Visit {
  readonly page: Page;
  /** What must not happen: exceptions, errors in the console, requests that fail. */
  readonly problems: string[];
  /** Method and path of every request, those that become WebSockets too. */
  readonly requests: string[];
  /** What can be seen, by its `data-testid`. */
  get(testId: string): Locator;
}

/**
 * Keeps the samples of every sound that the page starts to play, and how far things moved by
 * themselves.
 */
const SPY = `
  globalThis.played = [];
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (when, offset) {
    played.push({ when, offset, loop: this.loop ? [this.loopStart, this.loopEnd] : [], samples: this.buffer.getChannelData(0).slice() });
    return start.call(this, when, offset);
  };
  globalThis.shift = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value; }).observe({ type: "layout-shift", buffered: true });`;

/** Opens the page. @param options as of a new context; default: 1280 x 900, English, light */
export async function visit({ url, browser }: Pick<Product, "url" | "browser">, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    colorScheme: "light",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error") problems.push(url === "" ? message.text() : `${message.text()} (${url})`);
  });
  page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  page.on("websocket", (socket) => requests.push(`GET ${new URL(socket.url()).pathname}`));
  await page.addInitScript(SPY);
  await page.goto(url);
  return { page, problems, requests, get: (testId) => page.getByTestId(testId).filter({ visible: true }) }; // a tab that is not shown keeps what it had
}

/** Waits until the model is ready. */
export async function untilReady({ page }: Visit): Promise<void> {
  await page.locator('[data-testid="status"][data-state="ready"]').waitFor();
}

/** Drops a file onto an element, as a hand with a mouse does. */
export async function dropFile({ page, get }: Visit, testId: string, path: string, bytes: Uint8Array = readFileSync(path)): Promise<void> {
  const transfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob("${Buffer.from(bytes).toString("base64")}"), (char) => char.charCodeAt(0));
    transfer.items.add(new File([bytes], ${JSON.stringify(basename(path))}));
    return transfer;
  })()`);
  await get(testId).dispatchEvent("drop", { dataTransfer: transfer });
}

/** Presses a button that hands out a file; gives its name and where it is. */
export async function download({ page, get }: Visit, testId: string): Promise<{ readonly name: string; readonly path: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), get(testId).click()]);
  return { name: file.suggestedFilename(), path: await file.path() };
}

/** The sound that the page hands out. */
export async function downloadedSound(visited: Visit): Promise<Audio> {
  return readAudio((await download(visited, "download")).path);
}

/** Opens the choice of clips, which is folded once a clip was encoded. */
export async function openSource({ page, get }: Visit): Promise<void> {
  if (await page.locator('[data-testid="source-fold"][aria-expanded="false"]').isVisible()) await get("source-fold").click();
}

/** How far the lower end of something is from the upper end of the window, pixels. */
export function lowerEnd({ get }: Visit, testId: string): Promise<number> {
  return get(testId).evaluate((element) => element.getBoundingClientRect().bottom);
}

/** Makes a round trip of the clip that is chosen; waits for its end. */
export async function roundTrip({ page, get }: Visit): Promise<void> {
  await page.locator('[data-testid="go"]:enabled').click();
  await page.locator('[data-testid="card"][aria-busy="false"] [data-fact="frames"]:not(:text-is("–"))').waitFor();
  await page.locator('[data-testid="download"]:enabled').waitFor();
  await get("go").waitFor();
}

/** Finds something in a text, by a regular expression, and gives its first group. */
export async function readText({ get }: Visit, testId: string, pattern: RegExp): Promise<string> {
  const text = (await get(testId).textContent()) ?? "";
  const found = pattern.exec(text);
  if (!found) throw new Error(`${testId} shows ${JSON.stringify(text)}, not ${pattern}`);
  return found[1] ?? found[0];
}

/** A sound that the page has started to play. */
export interface PlayedSound {
  readonly when: number;
  readonly offset: number;
  /** Start and end of the part that is played again and again, seconds; empty where it is all. */
  readonly loop: readonly number[];
  readonly audio: Audio;
}

/** The sounds that the page has started to play since the last question: one for each track. */
export async function playedSounds({ page }: Visit): Promise<PlayedSound[]> {
  const played = (await page.evaluate("played.splice(0)")) as (Omit<PlayedSound, "audio"> & { samples: Float32Array })[];
  return played.map(({ samples, ...sound }) => ({ ...sound, audio: new Audio(samples, 24_000) }));
}

/** Presses a button at once, also while the page is busy drawing what plays. */
export async function press({ get }: Visit, testId: string): Promise<void> {
  await get(testId).dispatchEvent("click");
}

/** How many pixels the page is wider than the window. */
export function overflow({ page }: Visit): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") as Promise<number>;
}
