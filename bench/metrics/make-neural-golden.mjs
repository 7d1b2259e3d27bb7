/**
 * Writes packages/eval/src/node/neural/golden.json: what the Python package `speechmos` says of the
 * clips of neural-cases.mjs.
 *
 *     node bench/metrics/make-neural-golden.mjs [--python python3]
 *
 * Needs Python with speechmos, onnxruntime, librosa, requests and soundfile.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeAudio } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";
import { neuralCases } from "../../test/support/neural-cases.mjs";

const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
const folder = mkdtempSync(join(tmpdir(), "twelvehz-neural-"));
const cases = await neuralCases();
const paths = cases.map((_, i) => join(folder, `${i}.wav`));
for (const [i, [, clip]] of cases.entries()) await writeAudio(paths[i], clip, { float: true });
const python = spawnSync(values.python, [join(root, "bench/metrics/neural.py"), ...paths], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
rmSync(folder, { recursive: true });
if (python.status !== 0) throw new Error(`Cannot score: ${values.python} ended with status ${python.status}`);
const { versions, scores } = JSON.parse(python.stdout);
const clips = scores.map((score, i) => ({ clip: cases[i][0], ...score }));
const golden = { madeBy: "node bench/metrics/make-neural-golden.mjs", versions, clips };
writeFileSync(join(root, "packages/eval/src/node/neural/golden.json"), `${JSON.stringify(golden, null, 2)}\n`);
