/**
 * `node scripts/look.mjs FOLDER [WORD]`: pictures of every state of the page in three sizes, both
 * themes and both languages, to be looked at; with a word, of the states whose names contain it.
 * Needs Chromium: the one that CHROMIUM names, or /usr/bin/chromium.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { prepare, root } from "./prepare.mjs";

const CLIP = join(root, "examples/clips/english.flac");
const SIZES = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];

const [target, word = ""] = process.argv.slice(2);
if (target === undefined || target.startsWith("-")) throw new Error("No folder for the pictures: node scripts/look.mjs FOLDER [WORD]");
const folder = resolve(target);
mkdirSync(folder, { recursive: true });
prepare();
const { createServer } = await import("../packages/server/dist/index.js");
const { app, models } = createServer({ model: "compact" });
const url = await app.listen({ port: 0, host: "127.0.0.1" });
await models.ready;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
  ],
});
const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", viewport: SIZES[0], hasTouch: true });
context.setDefaultTimeout(300_000);
const page = await context.newPage();
const get = (testId) => page.getByTestId(testId).filter({ visible: true });
try {
  await page.goto(url);
  await look("01-loading");
  await page.locator('[data-testid="status"][data-state="ready"]').waitFor();
  await look("02-empty");
  await get("file-input").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("No sound at all.") });
  await get("error").waitFor();
  await look("03-error");
  await clipStates();
  await stepsStates();
  await compareStates();
  await liveStates();
} finally {
  await browser.close();
  await app.close();
}

async function clipStates() {
  await get("scene-2").click();
  await page.locator('[data-testid="go"]:enabled').waitFor();
  await look("04-clip");
  await get("go").click();
  await look("05-working");
  await page.locator('[data-testid="download"]:enabled').waitFor();
  await get("clean-scores").waitFor();
  await look("06-result");
  await get("zoom-in").click();
  await get("zoom-in").click();
  await get("part-begin").click();
  await page.keyboard.press("ArrowRight");
  await get("part-end").click();
  await look("07-zoomed-part");
}

async function stepsStates() {
  await get("tab-steps").click();
  await page.locator(".steps-decoding:empty").waitFor({ state: "attached" });
  await look("08-steps");
  await get("layers-slider").fill("4");
  await get("layer-codes-0").click();
  await get("paste-codes").fill("[[9999]]");
  await get("decode-pasted").click();
  await get("paste-error").waitFor();
  await look("09-steps-open-error");
}

async function compareStates() {
  await get("tab-roundtrip").click();
  await get("source-fold").click();
  await get("file-input").setInputFiles(CLIP);
  await page.locator(".clip-name").getByText("english.flac").waitFor();
  await get("tab-compare").click();
  await look("10-compare-empty");
  await get("compare-go").click();
  await page.locator('[data-testid="compare"][aria-busy="false"]').waitFor();
  await look("11-compare");
}

async function liveStates() {
  await get("tab-live").click();
  await look("12-live");
  await get("live-start-clip").click();
  await get("live-delay").filter({ hasText: /^\d+/ }).waitFor();
  await page.waitForTimeout(4000); // the picture fills
  await look("13-live-running");
  await get("live-layer-12").click();
  await get("live-layer-13").click();
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.waitForTimeout(1500);
  await look("14-live-still");
  await get("live-stop").click();
  await page.evaluate("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'))");
  await get("live-start").click();
  await get("live-error").waitFor();
  await look("15-live-error");
}

/**
 * Takes a state in every size, theme and language, from its first pixel to its last, and says where
 * something is wider than the window.
 */
async function look(state) {
  if (!state.includes(word)) return;
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const language of ["en", "zh"]) {
      for (const theme of ["light", "dark"]) {
        await page.waitForTimeout(250); // colours fade, pictures are drawn by workers
        await page.screenshot({ path: join(folder, `${state}-${size.width}-${language}-${theme}.png`), fullPage: true });
        await get("theme").click();
      }
      const wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      if (wider > 0) console.log(`${state}: ${wider} pixels wider than ${size.width}, ${language}`);
      await get("language").click();
    }
  }
  await page.setViewportSize(SIZES[0]);
  console.log(state);
}
