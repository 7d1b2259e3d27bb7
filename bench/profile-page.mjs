/** The codec in a page in Chromium: milliseconds of each stage, by the clock. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { root } from "../scripts/prepare.mjs";
import { median } from "./machine.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const ROUNDS = 3;

const PAGE = `
import { Audio, openCodec } from "@twelvehz/codec/web";
const stages = async (samples) => {
  const found = [];
  const timed = async (name, work) => {
    const began = performance.now();
    const result = await work();
    found.push([name, performance.now() - began]);
    return result;
  };
  const codec = await timed("open: start the worker, fetch and check the model", () => openCodec("model/"));
  await timed("the decoder ready", () => codec.prepare({ decoder: true }));
  await timed("the encoder ready", () => codec.prepare({ encoder: true }));
  const sound = new Audio(samples, 24000);
  const codes = await codec.encode(sound);
  await codec.decode(codes);
  await timed("10 s encoded", () => codec.encode(sound));
  await timed("10 s decoded", () => codec.decode(codes));
  const stream = codec.openDecodeStream();
  await timed("a frame of a decode stream", async () => {
    for (let t = 0; t < 100; t++) await stream.push(codes.slice(t, t + 1));
  });
  found.at(-1)[1] /= 100;
  await codec.close();
  return found;
};
globalThis.stages = stages;
`;

/** A folder with the page, built, and the model beside it. */
async function buildPage(folder) {
  const source = join(folder, "source");
  mkdirSync(source);
  symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
  writeFileSync(join(source, "index.html"), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>');
  writeFileSync(join(source, "main.js"), PAGE);
  const out = join(folder, "page");
  await build({ root: source, logLevel: "error", worker: { format: "es" }, build: { outDir: out, target: "esnext" } });
  cpSync(join(root, "packages/compact-model"), join(out, "model"), { recursive: true });
  return out;
}

function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = join(folder, path === "/" ? "index.html" : path);
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    const bytes = readFileSync(file);
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream").setHeader("Content-Length", bytes.length);
    response.end(request.method === "HEAD" ? undefined : bytes);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** @param samples 10 s at 24 kHz */
export async function pageStages(samples) {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-profile-"));
  const server = await serve(await buildPage(folder));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const runs = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      runs.push(await page.evaluate((all) => globalThis.stages(Float32Array.from(all)), [...samples]));
      await page.context().close();
    }
    return runs[0].map(([stage], i) => [stage, median(runs.map((stages) => stages[i][1]))]);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
}
