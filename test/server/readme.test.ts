/** The curl examples of the server's README, run as they stand there. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readAudio, readCodes } from "@twelvehz/codec/node";
import type { ModelsReply, ReadyReply } from "@twelvehz/server";
import { expect, test } from "vitest";
import { clipPath, temporaryFolder } from "../support/command.ts";
import { serve } from "./serving.ts";

const exec = promisify(execFile);
const README = readFileSync(new URL("../../packages/server/README.md", import.meta.url), "utf8");
const SCRIPT = /```sh\n([\s\S]*?)```/.exec(README)?.[1] ?? "";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

test.skipIf(!hasCurl)(`the curl examples of the README do what they say${hasCurl ? "" : " (skipped: no curl)"}`, async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "talk.mp3"), readFileSync(clipPath("english.mp3")).subarray(0, 16_000));
  const { samples } = await readAudio(join(folder, "talk.mp3"));
  const frames = Math.ceil(samples.length / 1920);
  const { app, models, url } = await serve();
  await models.ready;
  expect(SCRIPT.match(/^curl /gm)?.length).toBeGreaterThan(5);
  const script = SCRIPT.replaceAll(/^curl /gm, "curl --silent --show-error --fail --noproxy '*' ");
  await exec("sh", ["-ec", script], { cwd: folder, env: { ...process.env, URL: url } });
  const json = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
  expect((await readCodes(join(folder, "talk.t12"))).codes.frames).toBe(frames);
  expect((await readCodes(join(folder, "talk.npy"))).codes.layers).toBe(8);
  expect((await readCodes(join(folder, "form.t12"))).codes.layers).toBe(4);
  expect(json<{ layers: number }>("talk.json").layers).toBe(16);
  expect(statSync(join(folder, "odd.wav")).size).toBeGreaterThan(1.9 * statSync(join(folder, "talk.wav")).size); // twice the bytes a sample
  expect(statSync(join(folder, "talk.s16")).size).toBe(frames * 1920 * 2);
  expect(statSync(join(folder, "link.wav")).size).toBe(statSync(join(folder, "talk.wav")).size);
  expect(json<ModelsReply>("models.json").models[0].name).toBe("compact");
  expect(json<ReadyReply>("ready.json").ready).toBe(true);
  await app.close();
});
