/**
 * A page of somebody else, with the settings of the README, from the packed codec: as vite serves
 * it while it is developed, and as vite builds it.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { browserNote, chromiumPath, launchBrowser } from "../support/browser.ts";
import { soundPath } from "../support/command.ts";

const exec = promisify(execFile);
const SOUNDS = ["english.flac", "english.mp3", "english.ogg", "english.opus", "english.oga", "english.wav", "english.aiff"];
const LINKED = [
  "onnxruntime-web",
  "onnxruntime-common",
  "@echogarden/pffft-wasm",
  "mpg123-decoder",
  "opus-decoder",
  "@wasm-audio-decoders/ogg-vorbis",
];

const MAIN = `
import { openCodec, readAudio } from "@twelvehz/codec/web";
const read = async (name) => readAudio(await (await fetch(name)).blob(), { name });
globalThis.lengths = async (names) => Promise.all(names.map((name) => read(name).then(({ samples }) => samples.length, String)));
globalThis.coded = async (name) => {
  const codec = await openCodec("model/");
  const { samples } = await codec.decode(await codec.encode(await read(name)));
  await codec.close();
  return samples.length;
};
document.title = "loaded";`;

describe.skipIf(!chromiumPath)(`a page that vite makes${browserNote}`, () => {
  const home = mkdtempSync(join(tmpdir(), "twelvehz-vite-"));
  let browser: Browser;

  beforeAll(async () => {
    await unpackCodec();
    for (const name of LINKED) link(join(root, "node_modules", name), join(home, "node_modules", name));
    mkdirSync(join(home, "public/model"), { recursive: true });
    for (const file of ["config.json", "model.safetensors"])
      copyFileSync(join(root, "packages/compact-model", file), join(home, "public/model", file));
    for (const sound of SOUNDS) copyFileSync(soundPath(sound), join(home, "public", sound));
    writeFileSync(join(home, "index.html"), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>');
    writeFileSync(join(home, "main.js"), MAIN);
    writeFileSync(join(home, "package.json"), '{ "type": "module", "private": true }');
    const readme = readFileSync(join(root, "packages/codec/README.md"), "utf8");
    writeFileSync(join(home, "vite.config.js"), /```js\n(export default \{\n {2}worker[^]*?)```/.exec(readme)![1]);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(home, { recursive: true });
  });

  test("in development reads every kind of sound, and codes", async () => {
    const { createServer } = await import("vite");
    const server = await createServer({ root: home, logLevel: "error", server: { port: 0, fs: { strict: false } } }); // the links lead out
    await server.listen();
    await works(server.resolvedUrls!.local[0]);
    await server.close();
  });

  test("when it is built reads every kind of sound, and codes", async () => {
    const { build, preview } = await import("vite");
    await build({ root: home, logLevel: "error" });
    const server = await preview({ root: home, logLevel: "error", preview: { port: 0 } });
    await works(server.resolvedUrls!.local[0]);
    await server.close();
  });

  async function works(url: string): Promise<void> {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(url);
    await expect.poll(() => page.title()).toBe("loaded");
    expect(await page.evaluate(`lengths(${JSON.stringify(SOUNDS)})`)).toEqual(SOUNDS.map(() => 24_000));
    expect(await page.evaluate('coded("english.flac")')).toBe(24_000);
    expect(problems).toEqual([]);
    await page.close();
  }

  async function unpackCodec(): Promise<void> {
    const args = ["pack", "-w", "packages/codec", "--json", "--pack-destination", home];
    const npm = process.env["npm_execpath"]; // set where npm started this
    const { stdout } = npm ? await exec(process.execPath, [npm, ...args], { cwd: root }) : await exec("npm", args, { cwd: root });
    const listed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>; // npm 10 gives a list, npm 11 an object
    const folder = join(home, "node_modules/@twelvehz/codec");
    mkdirSync(folder, { recursive: true });
    await exec("tar", ["-xzf", join(home, Object.values(listed)[0].filename), "-C", folder, "--strip-components=1"]);
  }
});

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to, "junction");
}
