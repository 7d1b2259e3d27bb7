/**
 * Writes agreement.json: what the Python packages `pesq` and `pystoi` say of the signals of
 * degradations.mjs.
 *
 *     node test/metrics/make-agreement.mjs [--python python3]
 *
 * Needs Python with numpy, soundfile, pesq and pystoi.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeRates } from "../../bench/metrics/pairs.mjs";
import { scoreInPython } from "../../bench/metrics/score.mjs";
import { root } from "../../scripts/prepare.mjs";
import { CLIPS, DEGRADATIONS, degrade, readClip } from "../support/degradations.mjs";

const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
const folder = mkdtempSync(join(tmpdir(), "twelvehz-agreement-"));
for (const [i, name] of CLIPS.entries()) {
  const clip = await readClip(name);
  await writeRates(folder, i, "reference", clip, clip.samples.length);
  for (const way of DEGRADATIONS) await writeRates(folder, i, way, degrade(clip, way), clip.samples.length);
}
const { versions, scores } = scoreInPython(values.python, folder, CLIPS.length, DEGRADATIONS);
rmSync(folder, { recursive: true });
const rows = scores.map(({ clip, codec, ...measures }) => ({ clip: CLIPS[clip], degradation: codec, ...measures }));
const result = { madeBy: "node test/metrics/make-agreement.mjs", versions, scores: rows };
writeFileSync(join(root, "test/metrics/agreement.json"), `${JSON.stringify(result, null, 2)}\n`);
