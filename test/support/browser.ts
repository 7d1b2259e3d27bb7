/** A headless Chromium for tests of the page. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type LaunchOptions, type Page } from "playwright-core";

/** Where Chromium is looked for: what CHROMIUM names, then where Debian puts it. */
const CANDIDATES = [process.env["CHROMIUM"], "/usr/bin/chromium"];

/** The Chromium of this machine; undefined where there is none. */
export const chromiumPath: string | undefined = CANDIDATES.find((path) => path && existsSync(path));

/** To be put into the name of a test that is skipped for want of a browser. */
export const browserNote: string = chromiumPath ? "" : " (skipped: no Chromium; install it, or name it in the variable CHROMIUM)";

/** Of Chromium's features what costs time that tests do not need, and what Playwright switches off, too. */
const WITHOUT = [
  "PreloadTopChromeWebUI",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "MediaRouter",
  "OptimizationHints",
  "PaintHolding",
];

const ARGS = [
  "--no-sandbox",
  `--disable-features=${WITHOUT.join(",")}`,
  "--js-flags=--wasm-lazy-compilation", // of ONNX Runtime, a small part is run
];

/** Starts the browser. The caller closes it. */
export function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({ ...options, executablePath: chromiumPath, args: [...ARGS, ...(options.args ?? [])] });
}

/**
 * Calls one of the functions that the page of the tests has put into `scenes`. Values cross as they
 * are, typed arrays too.
 */
export function playScene<Result>(page: Page, name: string, argument?: unknown): Promise<Result> {
  const call = ([scene, value]: [string, unknown]): unknown =>
    (globalThis as unknown as { scenes: Record<string, (value: unknown) => unknown> }).scenes[scene](value);
  return page.evaluate(call, [name, argument] as [string, unknown]) as Promise<Result>;
}
