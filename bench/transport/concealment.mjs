/**
 * What predicting lost frames is worth: the compact model with and without concealment.safetensors,
 * on the same losses. Writes bench/results/concealment.json, from which docs/transport.md takes a
 * table.
 *
 *     node bench/transport/concealment.mjs FOLDER [--clips 12] [--layouts LIST] [--links LIST] [--jobs N] [--judged] [--predictor FILE] [-o FILE.json]
 *
 * FOLDER is held-out speech, of which clips at even distances are heard. --judged asks PLCMOS too,
 * which takes six seconds of a processor for each sound. --predictor takes another file than the
 * one that ships.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openCodec } from "@twelvehz/codec/node";
import { listClips } from "@twelvehz/clips";
import { parseTransport, transportCodec } from "@twelvehz/eval";
import { evaluate, meanInterval, openConditions } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { spread } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";

const FILE = "concealment.safetensors";
const MODEL = join(root, "packages/compact-model");
const LAYOUTS = "16/udp,16+16@1/rohc,16+16@1+8@2+4@3/rohc";
const LINKS = "loss:20,burst:20x2.5";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clips: { type: "string", default: "12" },
    jobs: { type: "string" },
    layouts: { type: "string", default: LAYOUTS },
    links: { type: "string", default: LINKS },
    judged: { type: "boolean", default: false },
    predictor: { type: "string", default: join(MODEL, FILE) },
    output: { type: "string", short: "o", default: join(root, "bench/results/concealment.json") },
  },
});
if (positionals.length !== 1) throw new Error("Give one folder of held-out speech");

/** A folder with the model, and the predictor if there is to be one. */
function folderOf(predictor) {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-concealment-"));
  for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(MODEL, name), join(folder, name));
  if (predictor) copyFileSync(resolve(predictor), join(folder, FILE));
  return folder;
}

const round = (value) => Number(value.toPrecision(4));

/** Means of both, and of the differences of clips, with half of its 95 % interval. */
function compare(trials, layout, link, measure) {
  const of = (kind) =>
    new Map(trials.filter((t) => t.codec === `${layout}, ${kind}` && t.condition === link).map((t) => [t.clip, t.values[measure]]));
  const [held, predicted] = [of("held"), of("predicted")];
  const { mean, halfWidth } = meanInterval([...held].map(([clip, value]) => predicted.get(clip) - value));
  const average = (found) => round(meanInterval([...found.values()]).mean);
  return { held: average(held), predicted: average(predicted), gain: round(mean), halfWidth: round(halfWidth) };
}

const folders = { held: folderOf(), predicted: folderOf(values.predictor) };
const models = await Promise.all(Object.entries(folders).map(async ([kind, folder]) => [kind, await openCodec(folder)]));
try {
  const clips = spread(await listClips(resolve(positionals[0])), Number(values.clips));
  const { conditions } = await openConditions(values.links, { clips, seconds: 12 });
  const layouts = values.layouts.split(",");
  const codecs = layouts.flatMap((layout) =>
    models.map(([kind, model]) => ({ ...transportCodec(model, parseTransport(layout)), name: `${layout}, ${kind}` })),
  );
  const measures = ["pesqWb", "stoi", ...(values.judged ? ["plcmos"] : [])];
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  const results = await evaluate({ clips, conditions, codecs, measures, neural: values.judged ? {} : undefined, jobs });
  const rows = layouts.flatMap((layout) =>
    conditions.map(({ name }) => ({
      layout,
      link: name,
      ...Object.fromEntries(measures.map((measure) => [measure, compare(results.trials, layout, name, measure)])),
    })),
  );
  const options = values.judged ? " --judged" : "";
  const report = {
    measured: measuredOn(`node bench/transport/concealment.mjs FOLDER --clips ${clips.length}${options}`),
    clips: clips.length,
    rows,
  };
  writeFileSync(resolve(values.output), `${JSON.stringify(report, null, 1)}\n`);
} finally {
  await Promise.all(models.map(([, model]) => model.close()));
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true });
}
