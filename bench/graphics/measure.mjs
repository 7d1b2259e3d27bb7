/**
 * How fast the published model is on this machine's graphics card, and on what else can run it: one
 * line of JSON for each setting.
 *
 *     node bench/graphics/measure.mjs CHECKPOINT_DIR [--engine kernels|ort-webgpu|ort-cpu] [--tasks decode,encode]
 *         [--groups 1,4,12] [--streams 1,4] [--seconds 15] [--rounds 3] [--threads N] [--frames N]
 *
 * `kernels` are our own, `ort-*` ONNX Runtime's providers with our graph. A group is the frames of one
 * run; streams share runs, with our own kernels only. --frames takes the place of --seconds. Nothing
 * here needs a network.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCard } from "../../packages/codec/dist/gpu/card.js";
import { checkKernels } from "../../packages/codec/dist/gpu/check.js";
import { GpuNetwork } from "../../packages/codec/dist/gpu/network.js";
import { GpuStreams } from "../../packages/codec/dist/gpu/streams.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { buildPublishedDecoder } from "../../packages/codec/dist/model/published/decoder.js";
import { buildPublishedEncoder } from "../../packages/codec/dist/model/published/encoder.js";
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { planPublishedEncoder } from "../../packages/codec/dist/model/published/graphics-encoder-plan.js";
import { folderFiles } from "../../packages/codec/dist/node/model-files.js";

/** What Dawn created must not be collected. */
const created = [];

/** Milliseconds that some work takes, and what it gives. */
async function timed(work) {
  const began = performance.now();
  const result = await work();
  return { result, ms: performance.now() - began };
}

/** What a task takes of some frames, from the first on; the input of each network. */
const TASKS = {
  decode: {
    plan: ({ config, weights }) => planPublishedDecoder(config, weights),
    graph: ({ config, weights }) => buildPublishedDecoder(config, weights),
    feed(config, from, frames) {
      const codes = Int16Array.from(
        { length: frames * config.layers },
        (_, i) => ((from * config.layers + i) * 7919) % config.decoder.codebookSize,
      );
      return { codes, gains: new Float32Array(config.layers).fill(1) };
    },
    tensors: (ort, config, { codes, gains }) => ({
      codes: new ort.Tensor("int64", BigInt64Array.from(codes, BigInt), [codes.length / config.layers, config.layers]),
      gains: new ort.Tensor("float32", gains, [1, config.layers]),
    }),
  },
  encode: {
    plan: ({ config, weights }) => planPublishedEncoder(config, weights, config.encoder.slidingWindow),
    graph: ({ config, weights }) => buildPublishedEncoder(config, weights),
    feed(config, from, frames) {
      const first = from * config.samplesPerFrame;
      return { samples: Float32Array.from({ length: frames * config.samplesPerFrame }, (_, i) => 0.5 * Math.sin((first + i) * 0.05)) };
    },
    tensors: (ort, config, { samples }) => ({
      pcm: new ort.Tensor("float32", samples, [samples.length]),
      window: new ort.Tensor("int64", BigInt64Array.of(BigInt(config.encoder.slidingWindow)), [1]),
    }),
  },
};

/** Our own kernels: opens them for groups of this size and so many streams. */
async function openKernels(model, task, group, streams) {
  const { create } = await import("webgpu");
  const gpu = create([]);
  created.push(gpu);
  const card = await openCard(gpu, { takesFallback: true, compiler: "" });
  const plan = task.plan(model);
  const { result: network, ms: openMs } = await timed(() => GpuNetwork.open(card, plan, group));
  const { ms: checkMs } = await timed(() => checkKernels(network));
  const shared = new GpuStreams(network, streams);
  const joined = await Promise.all(Array.from({ length: streams }, () => shared.join()));
  return {
    facts: {
      device: card.name,
      launches: plan.steps.length,
      openMs,
      checkMs,
      megabytes: (network.weightBytes + streams * network.slotBytes) / 1e6,
    },
    run: (feed) => Promise.all(joined.map((stream) => stream.push(feed))),
    reset: () => joined.forEach((stream) => stream.reset()),
    close: () => card.close(),
  };
}

/** ONNX Runtime, with its state left where it was computed. */
async function openOrt(model, task, provider, threads) {
  const ort = await import("onnxruntime-node");
  const graph = task.graph(model);
  const isGpu = provider === "webgpu";
  const { result: session, ms: openMs } = await timed(() =>
    ort.InferenceSession.create(graph.bytes, {
      executionProviders: isGpu ? [{ name: "webgpu", preferredLayout: "NCHW" }, "cpu"] : ["cpu"],
      ...(isGpu && { preferredOutputLocation: Object.fromEntries(graph.states.map(({ output }) => [output, "gpu-buffer"])) }),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      extra: { session: { model_external_initializers_file_folder_path: graph.weightFolder } },
    }),
  );
  let state = {};
  const reset = () => {
    for (const { input, dims, fill } of graph.states)
      state[input] = new ort.Tensor("float32", new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(fill), dims);
  };
  reset();
  return {
    facts: { device: isGpu ? "ONNX Runtime's choice" : `${threads} threads`, openMs },
    async run(feed) {
      const outputs = await session.run({ ...state, ...task.tensors(ort, model.config, feed) });
      const before = state;
      state = Object.fromEntries(graph.states.map(({ input, output }) => [input, outputs[output]]));
      for (const old of Object.values(before)) if (old.location === "gpu-buffer") old.dispose();
    },
    reset,
    close: () => session.release(),
  };
}

/** Does a task on some frames, again and again. */
async function measure(network, task, config, { group, streams, frames: wanted, rounds }) {
  const frames = Math.ceil(wanted / group) * group;
  const feeds = Array.from({ length: frames / group }, (_, i) => task.feed(config, i * group, group));
  const [runs, wholes] = [[], []];
  let firstRunMs;
  for (let round = 0; round <= rounds; round++) {
    network.reset();
    const { ms } = await timed(async () => {
      for (const feed of feeds) {
        const one = await timed(() => network.run(feed));
        firstRunMs ??= one.ms;
        if (round > 0) runs.push(one.ms);
      }
    });
    if (round > 0) wholes.push(ms); // the first round warms up
  }
  const sorted = runs.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  const wholeMs = Math.min(...wholes);
  const soundMs = (streams * frames * config.samplesPerFrame * 1000) / config.sampleRate;
  return { frames, xRealTime: soundMs / wholeMs, wholeMs, firstRunMs, runMs: at(0.5), runMsP95: at(0.95) };
}

const numbers = (text) => text.split(",").map(Number);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "kernels" },
    tasks: { type: "string", default: "decode,encode" },
    groups: { type: "string", default: "1,4,12" },
    streams: { type: "string", default: "1,4" },
    seconds: { type: "string", default: "15" },
    frames: { type: "string" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: String(availableParallelism()) },
  },
});
const [folder] = positionals;
const tasks = values.tasks.split(",");
if (!folder || !["kernels", "ort-webgpu", "ort-cpu"].includes(values.engine) || !tasks.every((task) => Object.hasOwn(TASKS, task)))
  throw new Error(
    "Usage: node bench/graphics/measure.mjs CHECKPOINT_DIR [--engine kernels|ort-webgpu|ort-cpu] [--tasks decode,encode] [--groups 1,4,12]",
  );
const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
const model = { config, weights: await folderFiles(folder).weights() };
const frames = Number(values.frames ?? Math.ceil((Number(values.seconds) * config.sampleRate) / config.samplesPerFrame));
for (const name of tasks) {
  const task = TASKS[name];
  for (const group of numbers(values.groups)) {
    for (const streams of values.engine === "kernels" ? numbers(values.streams) : [1]) {
      const network = await (values.engine === "kernels"
        ? openKernels(model, task, group, streams)
        : openOrt(model, task, values.engine.slice("ort-".length), Number(values.threads)));
      const speed = await measure(network, task, config, { group, streams, frames, rounds: Number(values.rounds) });
      console.log(JSON.stringify({ engine: values.engine, task: name, group, streams, ...network.facts, ...speed }));
      await network.close();
    }
  }
}
process.exit(0); // drivers keep threads
