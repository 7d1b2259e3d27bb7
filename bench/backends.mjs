/**
 * Do the backends agree? Sends every clip of a folder through the compact model with the native
 * ONNX Runtime, and with others: the code in C as WebAssembly, which runs compact models unless
 * another backend is asked for, and ONNX Runtime as WebAssembly. How many codes differ, and how far
 * apart the sounds of equal codes are.
 *
 *     node bench/backends.mjs FOLDER [-o bench/results/backends.json]
 *
 * Clips are cut at 12 s.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Codec } from "@twelvehz/codec/node";
import { memoryFile, openEngine, ortBackend, SafetensorsWeights, wasmBackend } from "@twelvehz/codec/internal";
import * as native from "onnxruntime-node";
import * as wasm from "onnxruntime-web/wasm";
import { codecModule } from "../packages/codec/dist/node/codec-module.js";
import { prepare, root } from "../scripts/prepare.mjs";
import { readClip, soundFiles } from "./clips.mjs";
import { measuredOn, median } from "./machine.mjs";

/** What identical sounds count as. */
const LOWEST_DB = -200;

/** The model in the package, in memory: pages have no files. */
async function open(backend) {
  const read = (file) => readFileSync(join(root, "packages/compact-model", file));
  const files = {
    where: "packages/compact-model",
    config: async () => read("config.json"),
    weights: async () => new SafetensorsWeights([memoryFile(read("model.safetensors"))]),
  };
  return new Codec(await openEngine(files, backend));
}

/** 10 log10 of the power of the difference over that of the first. */
function differenceDb(first, second) {
  const power = (at) => first.reduce((sum, _, i) => sum + at(i) ** 2, 0);
  return Math.max(LOWEST_DB, 10 * Math.log10(power((i) => first[i] - second[i]) / power((i) => first[i])));
}

async function compare(clip, codes, sound, other) {
  const theirs = await other.encode(clip);
  const differs = (i) => codes.data[i] !== theirs.data[i];
  const frames = Array.from({ length: codes.frames }, (_, t) => Array.from({ length: codes.layers }, (_, k) => t * codes.layers + k));
  const heard = await other.decode(codes);
  return {
    codes: codes.data.length,
    differing: codes.data.reduce((count, _, i) => count + (differs(i) ? 1 : 0), 0),
    frames: codes.frames,
    differingFrames: frames.filter((places) => places.some(differs)).length,
    differenceDb: differenceDb(sound.samples, heard.samples),
  };
}

/** What the clips amount to. */
function summary(name, clips) {
  const sum = (field) => clips.reduce((total, clip) => total + clip[field], 0);
  const levels = clips.map((clip) => clip.differenceDb);
  return {
    name,
    codes: sum("codes"),
    differing: sum("differing"),
    frames: sum("frames"),
    differingFrames: sum("differingFrames"),
    worstDb: Math.max(...levels),
    medianDb: median(levels),
    clipsBelow60Db: levels.filter((db) => db < -60).length,
  };
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
  const reference = await open(ortBackend(native, { name: "onnxruntime-node" }));
  const others = [
    ["in C, WebAssembly", await open(wasmBackend({ codecModule }))],
    ["ONNX Runtime, WebAssembly", await open(ortBackend(wasm, { name: "onnxruntime-web wasm" }))],
  ];
  const found = others.map(() => []);
  const files = soundFiles(folder);
  for (const file of files) {
    const clip = await readClip(join(folder, file));
    const codes = await reference.encode(clip);
    const sound = await reference.decode(codes);
    for (const [i, [, other]] of others.entries()) found[i].push(await compare(clip, codes, sound, other));
  }
  const result = {
    measured: measuredOn("node bench/backends.mjs FOLDER"),
    model: reference.info.name,
    clips: files.length,
    others: others.map(([name], i) => summary(name, found[i])),
  };
  writeFileSync(values.output, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(result);
  for (const codec of [reference, ...others.map(([, other]) => other)]) await codec.close();
}

await main();
