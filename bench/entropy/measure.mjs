/**
 * Entropy of a model's codes under simple contexts, as the length of an adaptive code:
 * bench/results/code-entropy.json.
 *
 *     node bench/entropy/measure.mjs FOLDER [--train FOLDER] [--model compact] [-o bench/results/code-entropy.json]
 *
 * With --train the coder learns from that folder first; without, the clips of the folder stand in
 * for each other in five folds. Measured again for every model; measure.py beside it is the wider
 * experiment, with static tables and codebook geometry, behind docs/decisions/entropy-coding.md.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { codeEntropy, listClips } from "@twelvehz/eval/node";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: "string" },
    model: { type: "string" },
    output: { type: "string", short: "o", default: join(root, "bench/results/code-entropy.json") },
  },
});
const [folder] = positionals;
if (!folder) throw new Error("Usage: node bench/entropy/measure.mjs FOLDER [--train FOLDER] [--model compact] [-o FILE]");

async function codesOf(path, codec) {
  const codes = [];
  for (const clip of await listClips(path))
    codes.push(await codec.encode(await readAudio(clip.path, { sampleRate: codec.info.sampleRate })));
  return codes;
}

const rounded = (bits) => Number(bits.toFixed(3));

const codec = await openCodec(values.model);
const clips = await codesOf(folder, codec);
const training = values.train === undefined ? [] : await codesOf(values.train, codec);
await codec.close();
const { contexts, ...counts } = codeEntropy(clips, { training });
const rows = contexts.map(({ context, bitsPerCode, savingPercent, bitsByLayer, plugInByLayer }) => ({
  context,
  bitsPerCode: rounded(bitsPerCode),
  savingPercent: rounded(savingPercent),
  bitsByLayer: bitsByLayer.map(rounded),
  plugInByLayer: plugInByLayer.map(rounded),
}));
const command = `node bench/entropy/measure.mjs FOLDER${values.train === undefined ? "" : " --train FOLDER"}`;
writeFileSync(values.output, `${JSON.stringify({ measured: measuredOn(command), model: codec.info.name, ...counts, rows }, null, 2)}\n`);
for (const { context, bitsPerCode, savingPercent } of rows)
  console.log(`${context}: ${bitsPerCode} bits per code, saves ${savingPercent} %`);
