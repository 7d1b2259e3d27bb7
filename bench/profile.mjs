/**
 * `node bench/profile.mjs`: where the time goes. Opening the compact model stage by stage, a frame
 * of a decode stream, a 10 s encode; in Node by processor time, with the share of each function by a
 * sampling profiler, and in a page in Chromium by the clock. Writes bench/results/profile.json.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blobForC, openEngine, WasmDecoderModel, WasmEncoderModel, wasmBackend } from "@twelvehz/codec/internal";
import { Audio, folderFiles, openCodec, readAudio } from "@twelvehz/codec/node";
import { codecModule } from "../packages/codec/dist/node/codec-module.js";
import { prepare, root } from "../scripts/prepare.mjs";
import { measuredOn, median, processorMs } from "./machine.mjs";

const MODEL = join(root, "packages/compact-model");
const CLIP = join(root, "examples/clips/english.flac");
const SECONDS = 10;
const RATE = 24_000;
const LAYERS = 16;
const FRESH = 3;
const SAMPLING_MICROSECONDS = 200;

/** Where the profiler starts: in a process that has loaded much, a third of what it sees. */
const PROFILER = "dispatch";

/** What the functions of the module in C do. */
const STAGES = [
  ["matrix products", /^t12_linear/],
  ["search for codes", /^(?:t12_search|search_together|try_four|note|settle|error_of)/],
  ["other layers", /^(?:t12_run_block|t12_layer_norm|gelu)/],
  ["order of phases", /^t12_network/],
  ["first phases", /^t12_next_phases/],
  ["transforms", /^t12_pffft/],
  ["phase search", /^t12_phases_push/],
  ["spectra", /^(?:encode_frames|spectra)/],
];

/** Opening in this process, which is fresh: stages and their milliseconds. */
async function opening() {
  const stages = [["start Node and load the library", process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000]];
  const timed = async (name, work) => {
    const [ms, result] = await processorMs(work);
    stages.push([name, ms]);
    return result;
  };
  const files = folderFiles(MODEL);
  await timed("read and check the model, work out its identity", () => openEngine(files, wasmBackend({ codecModule })));
  const module = await timed("compile the module", codecModule);
  const decoder = await timed("lay out the decoder's weights", () => blobForC(files, "decoder"));
  const encoder = await timed("lay out the encoder's weights", () => blobForC(files, "encoder"));
  const opened = await timed("make the decoder's instance", () => WasmDecoderModel.open(module, decoder, LAYERS));
  const other = await timed("make the encoder's instance", () => WasmEncoderModel.open(module, encoder, LAYERS));
  await timed("first frame of a decoder, compiled anew", () => opened.openDecoder().push(new Int16Array(LAYERS)));
  await timed("first frame of an encoder, compiled anew", () => other.openEncoder().push(new Float32Array(RATE / 12.5)));
  return stages;
}

/** What a part of this file prints in a process of its own. */
function inFreshProcess(part) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), part], {
    encoding: "utf8",
    cwd: root,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function clip() {
  const { samples } = await readAudio(CLIP);
  return new Audio(
    Float32Array.from({ length: SECONDS * RATE }, (_, i) => samples[i % samples.length]),
    RATE,
  );
}

/**
 * Milliseconds of some work, without a profiler, and shares of the functions of the module, by
 * stage, while it runs again and again.
 */
async function profiled(work, times) {
  await work();
  const [ms] = await processorMs(async () => {
    for (let i = 0; i < times; i++) await work();
  });
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  await session.post("Profiler.start");
  for (let i = 0; i < times; i++) await work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return { ms: ms / times, parts: sharesOf(profile) };
}

function sharesOf({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const totals = new Map([...STAGES.map(([stage]) => [stage, 0]), ["all else", 0]]);
  samples.forEach((id, i) => {
    if (names.get(id) === PROFILER) return;
    const stage = STAGES.find(([, pattern]) => pattern.test(names.get(id)))?.[0] ?? "all else";
    totals.set(stage, totals.get(stage) + timeDeltas[i]);
  });
  const total = [...totals.values()].reduce((a, b) => a + b, 0);
  return [...totals].map(([stage, time]) => [stage, time / total]).filter(([, share]) => share >= 0.005);
}

async function shares() {
  const files = folderFiles(MODEL);
  const module = await codecModule();
  const decoder = (await WasmDecoderModel.open(module, await blobForC(files, "decoder"), LAYERS)).openDecoder();
  const encoder = (await WasmEncoderModel.open(module, await blobForC(files, "encoder"), LAYERS)).openEncoder();
  const { samples } = await clip();
  const codes = await encoder.push(samples);
  let t = 0;
  const frame = () => decoder.push(codes.subarray((t % 100) * LAYERS, ((t++ % 100) + 1) * LAYERS));
  return [
    { work: "A frame of a decode stream", ...(await profiled(frame, 400)) },
    { work: `${SECONDS} s decoded`, ...(await profiled(() => decoder.push(codes), 4)) },
    { work: `${SECONDS} s encoded`, ...(await profiled(() => encoder.push(samples), 4)) },
  ];
}

/** Start of the worker and all that openCodec does, by the clock of a process that is fresh. */
async function openInWorker() {
  const [openMs, codec] = await processorMs(() => openCodec("compact"));
  const [decoderMs] = await processorMs(() => codec.prepare({ decoder: true }));
  const [encoderMs] = await processorMs(() => codec.prepare({ encoder: true }));
  return [
    ["in all, with a worker: open", openMs],
    ["… the decoder ready", decoderMs],
    ["… the encoder ready", encoderMs],
  ];
}

/** Each runs in a process of its own. */
const PARTS = {
  opening: async () => [...(await opening()), ...(await openInWorker())],
  shares,
};

async function main() {
  if (process.argv[2]) {
    process.stdout.write(JSON.stringify(await PARTS[process.argv[2]]()));
    process.exit(0);
  }
  prepare();
  const { pageStages } = await import("./profile-page.mjs");
  const runs = Array.from({ length: FRESH }, () => inFreshProcess("opening"));
  const results = {
    measured: measuredOn("node bench/profile.mjs"),
    opening: runs[0].map(([stage], i) => [stage, median(runs.map((stages) => stages[i][1]))]),
    page: await pageStages((await clip()).samples),
    shares: inFreshProcess("shares"),
  };
  writeFileSync(join(root, "bench/results/profile.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(JSON.stringify(results, undefined, 2));
}

await main();
