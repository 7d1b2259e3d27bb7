/**
 * The atlas of a model's codebook on a folder of speech, without its entries:
 * bench/results/atlas.json.
 *
 *     node bench/metrics/atlas.mjs FOLDER [--model compact] [--cost-clips 24] [-o bench/results/atlas.json] [--page atlas.html]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { atlasJson, atlasMaking, atlasOfFolder, atlasPage } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    "cost-clips": { type: "string", default: "24" },
    output: { type: "string", short: "o", default: join(root, "bench/results/atlas.json") },
    page: { type: "string" },
  },
});
const [folder] = positionals;
if (!folder) throw new Error("Usage: node bench/metrics/atlas.mjs FOLDER [--model compact] [--cost-clips 24] [-o FILE] [--page FILE]");
const onProgress = ({ doneClips, totalClips }) => console.error(`${doneClips} of ${totalClips} clips`);
const atlas = await atlasOfFolder(folder, { model: values.model, costClips: Number(values["cost-clips"]), onProgress });
const measured = measuredOn(`node bench/metrics/atlas.mjs FOLDER --cost-clips ${values["cost-clips"]}`);
writeFileSync(values.output, atlasJson(atlas, measured, { entries: false }));
if (values.page) writeFileSync(values.page, atlasPage(atlas, atlasMaking(measured.command, measured.commit).words));
