/**
 * Speaker similarity on a folder of speech by PyPI `resemblyzer`, offline:
 * bench/results/speaker.json.
 *
 *     node bench/speaker/measure.mjs FOLDER [--python python3] [--model compact] [-o bench/results/speaker.json]
 *
 * Clips are cut at 12 s and sent through the codec with 16, 8 and 4 layers. similarity.py says what
 * Python needs.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCodec, writeAudio } from "@twelvehz/codec/node";
import { listClips } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { LONGEST_SECONDS, readClip } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";

const LAYERS = [16, 8, 4];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    model: { type: "string" },
    output: { type: "string", short: "o", default: join(root, "bench/results/speaker.json") },
  },
});
const [clips] = positionals;
if (!clips) throw new Error("Usage: node bench/speaker/measure.mjs FOLDER [--python python3] [--model compact] [-o FILE]");
const folder = mkdtempSync(join(tmpdir(), "twelvehz-speaker-"));
const codec = await openCodec(values.model);
for (const [i, { path }] of (await listClips(clips)).entries()) {
  const audio = await readClip(path);
  await writeAudio(join(folder, `${i}.reference.wav`), audio);
  const codes = await codec.encode(audio);
  for (const layers of LAYERS) await writeAudio(join(folder, `${i}.${layers}.wav`), await codec.decode(codes, { layers }));
}
await codec.close();
const python = spawnSync(values.python, ["-W", "ignore", join(root, "bench/speaker/similarity.py"), folder, ...LAYERS.map(String)], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
rmSync(folder, { recursive: true });
if (python.status !== 0) throw new Error(`Cannot compare speakers: ${values.python} ended with status ${python.status}`);
const { model, similarity, ...counts } = JSON.parse(python.stdout);
const layers = LAYERS.map((count) => ({ layers: count, ...similarity[count] }));
const measured = measuredOn("node bench/speaker/measure.mjs FOLDER");
const result = { measured, model: codec.info.name, by: model, longestSeconds: LONGEST_SECONDS, ...counts, layers };
writeFileSync(values.output, `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result.layers));
