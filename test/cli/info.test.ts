/** What `twelvehz info` says of files that say something else of themselves. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, serializeCodes } from "@twelvehz/codec";
import { expect, it } from "vitest";
import { soundPath, succeed, temporaryFolder, twelvehz } from "../support/command.ts";

const folder = temporaryFolder();

it("the length is that of the sound which is there, with a note where the file declares another", async () => {
  const bytes = readFileSync(soundPath("english.flac")); // one second
  bytes.writeUInt32BE(12_000, 22); // the low 32 bits of the number of samples in STREAMINFO
  const path = join(folder, "half.flac");
  writeFileSync(path, bytes);
  const { stdout } = await succeed(["info", path, soundPath("english.flac"), "--json"]);
  const [half, whole] = String(stdout)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const note = "its STREAMINFO block counts 12000 samples, and 24000 are there";
  expect(half).toMatchObject({ durationSeconds: 1, declaredSeconds: 0.5, findings: [{ kind: "note", reason: note }] });
  expect(whole).toMatchObject({ durationSeconds: 1, declaredSeconds: 1, findings: [] });
});

it("codes are known by what is in them: in a pipe, and under a name that says nothing", async () => {
  const codes = new Codes(new Int16Array(32), 16);
  for (const format of ["t12", "npy", "json", "pt"] as const) {
    const input = Buffer.from(serializeCodes(codes, format));
    const path = join(folder, `codes-${format}`);
    writeFileSync(path, input);
    for (const { stdout } of [await succeed(["info", "-", "--json"], { input }), await succeed(["info", path, "--json"])])
      expect(JSON.parse(String(stdout))).toMatchObject({ kind: "codes", format, frames: 2, layers: 16 });
  }
});

it("sound is known in a pipe, and JSON under the name of a sound is no codes", async () => {
  const { stdout } = await succeed(["info", "-", "--json"], { input: readFileSync(soundPath("english.flac")) });
  expect(JSON.parse(String(stdout))).toMatchObject({ kind: "sound", durationSeconds: 1 });
  const path = join(folder, "answer.wav");
  writeFileSync(path, '{"error": "gone"}\n');
  const { status, stderr } = await twelvehz(["info", path]);
  expect([status, stderr]).toEqual([65, expect.stringContaining("text")]);
});
