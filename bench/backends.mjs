/**
 * Do the backends agree? Sends every clip of a folder through the compact model with the native
 * ONNX Runtime and with the WebAssembly one that pages run, both in Node: how many codes differ,
 * and how far apart the sounds of equal codes are.
 *
 *     node bench/backends.mjs FOLDER [-o bench/results/backends.json]
 *
 * Clips are cut at 12 s.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Codec } from "@twelvehz/codec/node";
import { memoryFile, openEngine, ortBackend, SafetensorsWeights } from "@twelvehz/codec/internal";
import * as native from "onnxruntime-node";
import * as wasm from "onnxruntime-web/wasm";
import { prepare, root } from "../scripts/prepare.mjs";
import { readClip, soundFiles } from "./clips.mjs";
import { measuredOn, median } from "./machine.mjs";

/** What identical sounds count as. */
const LOWEST_DB = -200;

/** The model in the package, in memory: pages have no files. */
async function open(ort, name) {
  const read = (file) => readFileSync(join(root, "packages/compact-model", file));
  const files = {
    where: "packages/compact-model",
    config: async () => read("config.json"),
    weights: async () => new SafetensorsWeights([memoryFile(read("model.safetensors"))]),
  };
  return new Codec(await openEngine(files, ortBackend(ort, { name })));
}

/** 10 log10 of the power of the difference over that of the first. */
function differenceDb(first, second) {
  const power = (at) => first.reduce((sum, _, i) => sum + at(i) ** 2, 0);
  return Math.max(LOWEST_DB, 10 * Math.log10(power((i) => first[i] - second[i]) / power((i) => first[i])));
}

async function compare(file, [one, other]) {
  const clip = await readClip(file);
  const [codes, theirs] = [await one.encode(clip), await other.encode(clip)];
  const differing = codes.data.reduce((count, code, i) => count + (code === theirs.data[i] ? 0 : 1), 0);
  const [sound, heard] = [await one.decode(codes), await other.decode(codes)];
  return { codes: codes.data.length, differing, differenceDb: differenceDb(sound.samples, heard.samples) };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: "string", short: "o", default: join(root, "bench/results/backends.json") } },
  });
  const [folder] = positionals;
  if (!folder) throw new Error("Usage: node bench/backends.mjs FOLDER [-o FILE]");
  prepare();
  wasm.env.wasm.numThreads = 1;
  const codecs = [await open(native, "onnxruntime-node"), await open(wasm, "onnxruntime-web wasm")];
  const files = soundFiles(folder);
  const clips = [];
  for (const file of files) clips.push(await compare(join(folder, file), codecs));
  const sum = (name) => clips.reduce((total, clip) => total + clip[name], 0);
  const levels = clips.map((clip) => clip.differenceDb);
  const result = {
    measured: measuredOn("node bench/backends.mjs FOLDER"),
    model: codecs[0].info.name,
    clips: clips.length,
    codes: sum("codes"),
    differing: sum("differing"),
    worstDb: Math.max(...levels),
    medianDb: median(levels),
  };
  writeFileSync(values.output, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(result);
  for (const codec of codecs) await codec.close();
}

await main();
