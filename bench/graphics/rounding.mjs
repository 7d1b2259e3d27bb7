/**
 * What weights of 16 bits cost and save, without a card: the decoder with rounded weights against the
 * decoder with all bits, both on the processor; bytes that a page fetches, and that a card keeps. Writes
 * bench/results/graphics-rounding.json. Checkpoints are made from a seed (682 MB for `full`).
 *
 *     node bench/graphics/rounding.mjs [full11|tiny7]...
 */
import { copyFileSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { signalToError } from "../../packages/codec/dist/gpu/check.js";
import { weightBytes } from "../../packages/codec/dist/gpu/plan.js";
import { halvedTensors, memoryFile } from "../../packages/codec/dist/internal.js";
import { LEAST_ROUNDED_DECIBELS } from "../../packages/codec/dist/model/graphics-decoders.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { Codes, folderFiles, openCodec } from "../../packages/codec/dist/node/index.js";
import { HalvedFile } from "../../packages/server/dist/routes/halved-file.js";
import { root } from "../../scripts/prepare.mjs";
import { seededConfig, writeSeededCheckpoint } from "../../test/reference/seeded-checkpoint.mjs";
import { measuredOn } from "../machine.mjs";

const FRAMES = 24;
const names = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["full11", "tiny7"];
process.env.TWELVEHZ_KEEP_NETWORKS = "0";

async function decoded(folder) {
  const codec = await openCodec(folder);
  const { layers, codebookSize } = codec.info;
  const data = Int16Array.from({ length: FRAMES * layers }, (_, i) => (i * 7919) % codebookSize);
  const { samples } = await codec.decode(new Codes(data, layers, { codebookSize }));
  await codec.close();
  return samples;
}

/** Megabytes of a file's tensors of the decoder. */
function decoderMegabytes(folder) {
  const { index } = memoryFile(readFileSync(join(folder, "model.safetensors")));
  const ofDecoder = [...index.tensors].filter(([name]) => name.startsWith("decoder."));
  return ofDecoder.reduce((sum, [, { begin, end }]) => sum + end - begin, 0) / 1e6;
}

async function measure(name) {
  const [, size, seed] = /^([a-z]+)(\d+)$/.exec(name);
  const home = mkdtempSync(join(tmpdir(), "twelvehz-rounding-"));
  try {
    const [folder, halved] = [join(home, "all"), join(home, "halved")];
    writeSeededCheckpoint(folder, seededConfig(size), Number(seed));
    mkdirSync(halved);
    copyFileSync(join(folder, "config.json"), join(halved, "config.json"));
    const file = await HalvedFile.open(join(folder, "model.safetensors"), await halvedTensors(folderFiles(folder)));
    await pipeline(file.bytes(0, file.byteLength), createWriteStream(join(halved, "model.safetensors")));
    const config = parsePublishedConfig(seededConfig(size));
    const cardMegabytes = [false, true].map(
      (halves) =>
        planPublishedDecoder(config, undefined, halves)
          .steps.flatMap(({ weights }) => weights)
          .reduce((sum, weight) => sum + weightBytes(weight), 0) / 1e6,
    );
    const decibels = signalToError(await decoded(halved), await decoded(folder));
    return { name, size, seed: Number(seed), decibels, fetchedMegabytes: [folder, halved].map(decoderMegabytes), cardMegabytes };
  } finally {
    rmSync(home, { recursive: true });
  }
}

const models = [];
for (const name of names) models.push(await measure(name));
const results = {
  measured: measuredOn(`node bench/graphics/rounding.mjs ${names.join(" ")}`),
  frames: FRAMES,
  leastDecibels: LEAST_ROUNDED_DECIBELS,
  models,
};
writeFileSync(join(root, "bench/results/graphics-rounding.json"), `${JSON.stringify(results, null, 2)}\n`);
