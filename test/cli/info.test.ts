/** What `twelvehz info` says of files that say something else of themselves. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { soundPath, succeed, temporaryFolder } from "../support/command.ts";

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
