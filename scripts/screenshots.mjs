/**
 * `node scripts/screenshots.mjs [FOLDER]`: the pictures of the page that the README shows,
 * docs/images/*.webp. Needs Chromium: the one that CHROMIUM names, or /usr/bin/chromium; and a font
 * with Chinese, such as Debian's fonts-noto-cjk: the page says in Chinese that it speaks it.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { prepare, root } from "./prepare.mjs";

const CLIP = join(root, "examples/clips/english.flac");
const LARGEST_BYTES = 250_000;
const QUALITY = 85;
const WIDTH = 1280;
const DESKTOP = { viewport: { width: WIDTH, height: 960 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

prepare();
const { createServer } = await import("../packages/server/dist/index.js");
const folder = resolve(process.argv[2] ?? join(root, "docs/images"));
mkdirSync(folder, { recursive: true });

const { app, models } = createServer({ model: "compact" });
const url = await app.listen({ port: 0, host: "127.0.0.1" });
await models.ready;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await desktop("light");
  await desktop("dark");
  await phone();
} finally {
  await browser.close();
  await app.close();
}

async function desktop(colorScheme) {
  const page = await open({ ...DESKTOP, colorScheme });
  await page.getByTestId("file-input").setInputFiles(CLIP);
  await roundTrip(page);
  await measured(page.getByTestId("card").locator('[data-fact="stoi"]'));
  await shoot(page, `round-trip-${colorScheme}`);
  if (colorScheme === "light") {
    await page.getByTestId("tab-steps").click();
    await page.getByTestId("codes-canvas").waitFor();
    await page.locator(".steps-decoding:empty").waitFor({ state: "attached" });
    await page.setViewportSize({ width: WIDTH, height: 1330 }); // all layers
    await shoot(page, "steps");
    await page.getByTestId("tab-compare").click();
    await page.getByTestId("compare-go").click();
    await page.locator('[data-testid="compare"][aria-busy="false"]').waitFor();
    await measured(page.getByTestId("row-pcm").locator("td").nth(4));
    await page.setViewportSize({ width: WIDTH, height: 1180 });
    await shoot(page, "compare");
  }
  await page.context().close();
}

async function phone() {
  const page = await open({ ...PHONE, colorScheme: "light" });
  await page.getByTestId("scene-1").tap();
  await roundTrip(page);
  await measured(page.getByTestId("card").locator('[data-fact="stoi"]'));
  await page.getByTestId("clip").evaluate((line) => line.scrollIntoView({ block: "start" }));
  await shoot(page, "phone");
  await page.context().close();
}

/** A page of a user who has never been here, with its model ready. */
async function open(options) {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('[data-testid="status"][data-state="ready"]').waitFor();
  return page;
}

async function roundTrip(page) {
  await page.locator('[data-testid="go"]:enabled').click();
  await page.locator('[data-testid="download"]:enabled').waitFor();
}

/** Waits for a score, which comes after the sound. */
async function measured(cell) {
  await cell.filter({ hasText: /^[01]\.\d+$/ }).waitFor();
}

/** What the window shows, as WebP, which Playwright itself does not write. */
async function shoot(page, name) {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500); // pictures are drawn by workers, and colours fade
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const path = join(folder, `${name}.webp`);
  writeFileSync(path, Buffer.from(data, "base64"));
  const { size } = statSync(path);
  console.log(`${path}: ${size} bytes`);
  if (size > LARGEST_BYTES) throw new Error(`${path} has ${size} bytes, over ${LARGEST_BYTES}`);
}
