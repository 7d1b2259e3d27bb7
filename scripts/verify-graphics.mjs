/**
 * `node scripts/verify-graphics.mjs [--model DIR] [--golden FILE.npz] [--frames 2] [--tasks decode,encode,float16,opening]`:
 * the published model at full size on this machine's graphics card, held against the published code's
 * output (`full11.npz`), or without one against the processor. Without --model the checkpoint is made
 * from the seed, 682 MB in a temporary folder. Prints a line for each task; exits 1 when one fails.
 *
 * A card that is only played takes minutes for a frame, so tasks can be done one at a time:
 *
 *     VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json node scripts/verify-graphics.mjs --tasks decode
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare } from "./prepare.mjs";

prepare();
const ort = await import("onnxruntime-node");
const { openEngine, ortBackend } = await import("@twelvehz/codec/internal");
const { folderFiles } = await import("@twelvehz/codec/node");
const { signalToError } = await import("../packages/codec/dist/gpu/check.js");
const { LEAST_ROUNDED_DECIBELS } = await import("../packages/codec/dist/model/graphics-decoders.js");
const { graphicsRequest } = await import("../packages/codec/dist/node/graphics.js");
const { seededConfig, writeSeededCheckpoint } = await import("../test/reference/seeded-checkpoint.mjs");
const { readNpz } = await import("../test/support/npz.mjs");

/** Of the published dimensions (docs/conformance.md). */
const TOLERANCE = 2e-4;

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    golden: { type: "string" },
    frames: { type: "string", default: "2" },
    tasks: { type: "string", default: "decode,encode,float16,opening" },
  },
});
const frames = Number(values.frames);
const made = values.model === undefined ? mkdtempSync(join(tmpdir(), "twelvehz-graphics-")) : undefined;
if (made) writeSeededCheckpoint(made, seededConfig("full"), 11);
const folder = values.model ?? made;
const golden = values.golden && readNpz(readFileSync(values.golden));

async function timed(work) {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}

/** An engine on the processor, or on the card, there with or without the check. */
function open(device, { decoderWeights = "float32", isChecked = false } = {}) {
  const request = graphicsRequest({ device, decoderWeights }, (note) => console.error(note));
  const passed = { has: async () => !isChecked, add: async () => undefined };
  return openEngine(folderFiles(folder), { ...ortBackend(ort, { name: "onnxruntime-node" }), graphics: request && { ...request, passed } });
}

const { layers, codebookSize, samplesPerFrame } = (await open("cpu")).info;

/** What an engine makes of some codes, or of some sound, and closes it. */
async function resultOf(engine, half, input) {
  const stream = await (half === "decoder" ? engine.openDecoder() : engine.openEncoder());
  const [found, seconds] = await timed(() => stream.push(input));
  await stream.close();
  await engine.close();
  return { found, seconds };
}

/** Codes to decode, and their sound. */
async function decodingCase() {
  if (golden)
    return [
      golden["decode/plain/codes"].data.slice(0, frames * layers),
      golden["decode/plain/pcm"].data.slice(0, frames * samplesPerFrame),
    ];
  const codes = Int16Array.from({ length: frames * layers }, (_, i) => (i * 7919) % codebookSize);
  return [codes, (await resultOf(await open("cpu"), "decoder", codes)).found];
}

/** Sound to encode, and its codes. */
async function encodingCase() {
  if (golden) {
    const sound = Float32Array.from(golden["encode/whole/pcm"].data.slice(0, frames * samplesPerFrame), (x) => x / 32768);
    return [sound, golden["encode/whole/codes"].data.slice(0, frames * layers)];
  }
  const sound = Float32Array.from({ length: frames * samplesPerFrame }, (_, i) => 0.5 * Math.sin(i * (0.02 + i * 1e-6)));
  return [sound, (await resultOf(await open("cpu"), "encoder", sound)).found];
}

const TASKS = {
  async decode() {
    const [codes, wanted] = await decodingCase();
    const { found, seconds } = await resultOf(await open("webgpu"), "decoder", codes);
    const largest = Math.max(...found.map((x, i) => Math.abs(x - wanted[i])));
    const said = `largest difference ${largest.toExponential(1)}, at most ${TOLERANCE.toExponential(0)}; ${signalToError(found, wanted).toFixed(0)} dB; ${seconds.toFixed(1)} s`;
    return [largest <= TOLERANCE, said];
  },
  async encode() {
    const [sound, wanted] = await encodingCase();
    const { found, seconds } = await resultOf(await open("webgpu"), "encoder", sound);
    const different = found.reduce((n, code, i) => n + Number(code !== wanted[i]), 0);
    return [different === 0 && found.length === wanted.length, `${different} of ${wanted.length} codes differ; ${seconds.toFixed(1)} s`];
  },
  async float16() {
    const [codes, wanted] = await decodingCase();
    const { found } = await resultOf(await open("webgpu", { decoderWeights: "float16" }), "decoder", codes);
    const decibels = signalToError(found, wanted);
    return [decibels >= LEAST_ROUNDED_DECIBELS, `${decibels.toFixed(1)} dB, at least ${LEAST_ROUNDED_DECIBELS}`];
  },
  async opening() {
    const frame = new Int16Array(layers);
    const opened = async (device, options) =>
      (await timed(async () => resultOf(await open(device, options), "decoder", frame)))[1].toFixed(1);
    return [
      true,
      `with a frame decoded: ${await opened("cpu")} s on the processor, ${await opened("webgpu")} s on the card, ${await opened("webgpu", { isChecked: true })} s with the check`,
    ];
  },
};

let failed = 0;
for (const task of values.tasks.split(",")) {
  const [isRight, said] = await TASKS[task]();
  if (!isRight) failed++;
  console.log(`${isRight ? "ok  " : "FAIL"} ${task}: ${said}`);
}
if (made) rmSync(made, { recursive: true });
process.exit(failed > 0 ? 1 : 0); // drivers keep threads
