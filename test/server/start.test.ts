/** `npm start`, as its users run it. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readAudio, readCodes } from "@twelvehz/codec/node";
import { describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { clipPath, finished, temporaryFolder } from "../support/command.ts";
import { printedUrl } from "./serving.ts";

const START = join(root, "scripts/start.mjs");

describe("npm start", () => {
  test("serves the page with all that it needs, and ends at SIGTERM", async () => {
    const child = spawn(process.execPath, [START, "--port", "0"]);
    const end = finished(child);
    const url = await printedUrl(child);
    const page = await fetch(url);
    expect([page.status, page.headers.get("content-type"), page.headers.get("cache-control")]).toEqual([
      200,
      "text/html; charset=utf-8",
      "no-cache",
    ]);
    const html = await page.text();
    const script = await fetch(new URL(/src="(\.\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "", `${url}/`));
    expect([script.headers.get("content-type"), script.headers.get("cache-control")]).toEqual([
      expect.stringMatching(/^(text|application)\/javascript/),
      "public, max-age=31536000, immutable",
    ]);
    const scenes = (await (await fetch(`${url}/scenes/scenes.json`)).json()) as { file: string }[];
    expect(scenes.length).toBe(3);
    const scene = Buffer.from(await (await fetch(`${url}/scenes/${scenes[0].file}`)).arrayBuffer());
    expect(scene.equals(readFileSync(join(root, "apps/web/public/scenes", scenes[0].file)))).toBe(true);
    child.kill("SIGTERM");
    expect((await end).status).toBe(0);
  });

  test("with a file makes a round trip of it", async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, [
      START,
      clipPath("english.mp3"),
      "-o",
      join(folder, "out.wav"),
      "--codes",
      join(folder, "out.t12"),
    ]);
    const { status, stderr } = await finished(child);
    expect([status, stderr.match(/Cannot.*/)]).toEqual([0, null]);
    const { codes } = await readCodes(join(folder, "out.t12"));
    expect((await readAudio(join(folder, "out.wav"))).samples.length).toBe(codes.sampleCount);
    rmSync(folder, { recursive: true });
  });
});
