/**
 * `node test/corpus/read-back.mjs [PYTHON]`: makes a corpus of the bundled clips with all that a
 * manifest can say, exports it to every form, and has each read back by the library that it is for:
 * read-back.py says what the Python needs. Token files are read by this codec. Wants a build.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCodes } from "@twelvehz/codec/node";
import { openStore, readRows, requireCorpus } from "@twelvehz/corpus";

const FORMATS = ["parquet", "qwen", "webdataset", "shar", "megatron", "t12"];
const root = fileURLToPath(new URL("../..", import.meta.url));
const [python = "python3"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "twelvehz-read-back-"));
const at = (name) => join(folder, name);
const twelvehz = (...args) =>
  execFileSync(process.execPath, [join(root, "packages/cli/dist/main.js"), ...args], { stdio: ["ignore", "ignore", "inherit"] });

for (const name of ["english.flac", "chinese.flac", "english.mp3"]) cpSync(join(root, "examples/clips", name), at(name));
const clips = [
  { audio: "english.flac", text: "“One”, two.", speaker: "a", language: "en", take: 7, tags: ["x", null] },
  { id: "a/b.c", audio: "chinese.flac", text: "你好", offset: 1.5, duration: 2.25, language: "zh" },
  { audio: "english.mp3" },
  { id: "short", audio: "english.mp3", offset: 0.5, duration: 0.5, score: -0.25 },
];
writeFileSync(at("list.jsonl"), clips.map((clip) => `${JSON.stringify(clip)}\n`).join(""));
twelvehz("tokenize", at("list.jsonl"), "-o", at("corpus"));
for (const format of FORMATS) twelvehz("corpus", "export", at("corpus"), "-f", format, "-o", join(folder, "exports", format));

let failed = 0;
const store = await openStore(at("corpus"));
const named = readFileSync(at("exports/t12/clips.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
let clip = 0;
for await (const row of readRows(store, (await requireCorpus(store)).shards)) {
  const { id, file } = named[clip++];
  const { codes } = await readCodes(join(folder, "exports/t12", file));
  if (
    id !== row.id ||
    codes.sampleCount !== row.sampleCount ||
    !Buffer.from(codes.data.buffer, codes.data.byteOffset, codes.data.byteLength).equals(
      Buffer.from(row.codes.buffer, row.codes.byteOffset, row.codes.byteLength),
    )
  )
    failed++;
}
console.log(
  failed === 0 && clip === clips.length ? `t12: ${clip} clips equal` : `t12: ${failed} of ${clip} clips differ, ${clips.length} wanted`,
);
const { status } = spawnSync(python, [join(root, "test/corpus/read-back.py"), at("corpus"), at("exports")], { stdio: "inherit" });
rmSync(folder, { recursive: true });
process.exitCode = failed > 0 || clip !== clips.length || status !== 0 ? 1 : 0;
