/**
 * How long does a first visit wait for the model? A fresh browser opens the page over a link of
 * 1.5 MB/s: seconds until it says "Ready", bytes that came until then, and how far the bar of
 * progress ever was from the truth. The link is a relay before the server, so that the requests of
 * workers count like those of the page, which the throttling of Chromium's own tools does not do.
 *
 *     node bench/page/first-load.mjs [-o bench/results/page.json]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { prepare } from "../../scripts/prepare.mjs";
import { measuredOn, median } from "../machine.mjs";
import { slowLink } from "./throttle.mjs";

const BYTES_PER_SECOND = 1_500_000;
const RUNS = 3;
/** Notes each percentage that the status shows, with the time. */
const WATCH = `
  globalThis.shown = [];
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    const text = document.querySelector('[data-testid="status"] .percent')?.textContent;
    if (text && shown.at(-1)?.text !== text) shown.push({ text, percent: Number.parseInt(text, 10), ms: performance.now() });
  }).observe(document, { subtree: true, childList: true, characterData: true }));`;

const { values } = parseArgs({ options: { output: { type: "string", short: "o" } } });
prepare();
const { createServer } = await import("../../packages/server/dist/index.js");
const { app, models } = createServer({ model: "compact" });
await app.listen({ port: 0, host: "127.0.0.1" });
await models.ready;
const runs = [];
for (let run = 0; run < RUNS; run++) {
  runs.push(await firstVisit());
  console.log(JSON.stringify(runs.at(-1)));
}
await app.close();
const of = (name) => median(runs.map((run) => run[name]));
const result = {
  measured: measuredOn("node bench/page/first-load.mjs"),
  browser: runs[0].browser,
  bytesPerSecond: BYTES_PER_SECOND,
  runs: RUNS,
  readySeconds: of("readySeconds"),
  slowestSeconds: Math.max(...runs.map(({ readySeconds }) => readySeconds)),
  megabytes: of("megabytes"),
  mostAstrayPoints: Math.max(...runs.map(({ mostAstrayPoints }) => mostAstrayPoints)),
};
if (values.output) writeFileSync(values.output, `${JSON.stringify(result, null, 2)}\n`);
else console.log(JSON.stringify(result, null, 2));

async function firstVisit() {
  const link = await slowLink(app.server.address().port, BYTES_PER_SECOND);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(WATCH);
  const began = performance.now();
  await page.goto(`http://127.0.0.1:${link.port}/`);
  await page.locator('[data-testid="status"][data-state="ready"]').waitFor();
  const readySeconds = (performance.now() - began) / 1000;
  const shown = await page.evaluate("shown");
  const version = browser.version();
  await browser.close();
  link.close();
  return { readySeconds, megabytes: link.sentBytes() / 1e6, mostAstrayPoints: mostAstray(shown), browser: `Chromium ${version}` };
}

/**
 * How far the percentage was from the share of the time, at worst, in points: over a link that is
 * steady, a bar that is true moves steadily.
 */
function mostAstray(shown) {
  const [first, last] = [shown[0], shown.at(-1)];
  const share = ({ ms }) => first.percent + ((last.percent - first.percent) * (ms - first.ms)) / (last.ms - first.ms);
  return Math.max(...shown.map((step) => Math.abs(step.percent - share(step))));
}
