import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, openCodec, readAudio } from "@twelvehz/codec/node";
import { afterAll, describe, expect, test } from "vitest";
import { englishClip, root } from "../root.ts";
import { soundPath } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

function runExample(name: string, args: readonly string[], input?: Uint8Array): Buffer {
  const result = spawnSync(process.execPath, [join(root, "examples", name), ...args], {
    cwd: folder,
    input,
    maxBuffer: 2 ** 26,
  });
  expect(result.stderr.toString()).toBe("");
  expect(result.status).toBe(0);
  return result.stdout;
}

/** Wrong arguments of each example in the folder. */
const WRONG = {
  "decode-live.mjs": [["FILE"]],
  "encode-live.mjs": [["FILE"]],
  "language-model.mjs": [[]],
  "round-trip.mjs": [[], ["in.wav"]],
  "thin-link.mjs": [
    [],
    ["in.wav"],
    ["in.wav", "out.wav", "--link", "wire"],
    ["in.wav", "out.wav", "--lose", "all"],
    ["in.wav", "out.wav", "--no-such"],
  ],
};

describe("the examples", () => {
  test("each is in the table of wrong arguments", () => {
    const names = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".mjs"));
    expect(names).toEqual(Object.keys(WRONG));
  });

  test.each(Object.entries(WRONG).flatMap(([name, all]) => all.map((args) => [name, args] as const)))(
    "%s %j answers with one line of usage",
    (name, args) => {
      const { status, stderr } = spawnSync(process.execPath, [join(root, "examples", name), ...args], { cwd: folder, encoding: "utf8" });
      expect([status, stderr.match(/\n/g)?.length]).toEqual([2, 1]);
      expect(stderr).toContain(`Usage: node examples/${name} `);
    },
  );

  test("round-trip.mjs writes a file as long as its input", async () => {
    const output = join(folder, "round-trip.wav");
    expect(runExample("round-trip.mjs", [englishClip, output]).toString()).toContain("frames of 16 codes");
    expect((await readAudio(output)).samples.length).toBe((await readAudio(englishClip)).samples.length);
  });

  test("language-model.mjs tells when the first sound was there", async () => {
    const output = join(folder, "language-model.wav");
    expect(runExample("language-model.mjs", [output]).toString()).toMatch(/first sound \d+ ms after the first frame/);
    expect((await readAudio(output)).samples.length).toBe(Math.ceil((await readAudio(englishClip)).samples.length / 1920) * 1920);
  });

  test("encode-live.mjs and decode-live.mjs carry a microphone's bytes to a speaker's, with the codes and samples of a whole clip", async () => {
    const microphone = Int16Array.from((await readAudio(soundPath("english.flac"))).samples, (x) => Math.round(x * 32767));
    const codesBytes = runExample("encode-live.mjs", [], new Uint8Array(microphone.buffer));
    const speakerBytes = runExample("decode-live.mjs", [], codesBytes);

    const codec = await openCodec();
    const codes = await codec.encode(
      new Audio(
        Float32Array.from(microphone, (x) => x / 32768),
        24000,
      ),
    );
    const { samples } = await codec.decode(codes.slice(0, codes.frames));
    await codec.close();
    expect(new Int16Array(new Uint8Array(codesBytes).buffer)).toEqual(codes.data);
    expect(new Int16Array(new Uint8Array(speakerBytes).buffer)).toEqual(
      Int16Array.from(samples, (x) => Math.round(Math.max(-1, Math.min(1, x)) * 32767)),
    );
  });
});
