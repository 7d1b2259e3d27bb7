/**
 * How fast the published decoder is on this machine's graphics card, and on what else can run it:
 * one line of JSON for each setting.
 *
 *     node bench/graphics/decode.mjs CHECKPOINT_DIR [--engine kernels|ort-webgpu|ort-cpu] [--groups 1,4,12] [--streams 1,4]
 *         [--seconds 8] [--rounds 3] [--threads N]
 *
 * `kernels` are our own, `ort-*` ONNX Runtime's providers with our graph. A group is the frames of one
 * run; streams share runs, with our own kernels only. Nothing here needs a network.
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
import { planPublishedDecoder } from "../../packages/codec/dist/model/published/graphics-decoder-plan.js";
import { folderFiles } from "../../packages/codec/dist/node/model-files.js";

/** What Dawn created must not be collected. */
const created = [];

/** Milliseconds that some work takes, and what it gives. */
async function timed(work) {
  const began = performance.now();
  const result = await work();
  return { result, ms: performance.now() - began };
}

/** Our own kernels: opens them for groups of this size and so many streams. */
async function openKernels({ config, weights }, group, streams) {
  const { create } = await import("webgpu");
  const gpu = create([]);
  created.push(gpu);
  const card = await openCard(gpu, { takesFallback: true, compiler: "" });
  const plan = planPublishedDecoder(config, weights);
  const { result: network, ms: openMs } = await timed(() => GpuNetwork.open(card, plan, group));
  const { ms: checkMs } = await timed(() => checkKernels(network));
  const shared = new GpuStreams(network, streams);
  const joined = await Promise.all(Array.from({ length: streams }, () => shared.join()));
  const gains = new Float32Array(config.layers).fill(1);
  return {
    facts: {
      device: card.name,
      launches: plan.steps.length,
      openMs,
      checkMs,
      megabytes: (network.weightBytes + streams * network.slotBytes) / 1e6,
    },
    run: (codes) => Promise.all(joined.map((stream) => stream.push(codes, gains))),
    reset: () => joined.forEach((stream) => stream.reset()),
    close: () => card.close(),
  };
}

/** ONNX Runtime, with its state left where it was computed. */
async function openOrt({ config, weights }, provider, threads) {
  const ort = await import("onnxruntime-node");
  const graph = buildPublishedDecoder(config, weights);
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
  const gains = new ort.Tensor("float32", new Float32Array(config.layers).fill(1), [1, config.layers]);
  let state = {};
  const reset = () => {
    for (const { input, dims, fill } of graph.states)
      state[input] = new ort.Tensor("float32", new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(fill), dims);
  };
  reset();
  return {
    facts: { device: isGpu ? "ONNX Runtime's choice" : `${threads} threads`, openMs },
    async run(codes) {
      const tensor = new ort.Tensor("int64", BigInt64Array.from(codes, BigInt), [codes.length / config.layers, config.layers]);
      const outputs = await session.run({ ...state, gains, codes: tensor });
      const before = state;
      state = Object.fromEntries(graph.states.map(({ input, output }) => [input, outputs[output]]));
      for (const old of Object.values(before)) if (old.location === "gpu-buffer") old.dispose();
      return [outputs.pcm.data];
    },
    reset,
    close: () => session.release(),
  };
}

/** Decodes some seconds, again and again. */
async function measure(decoder, config, { group, streams, seconds, rounds }) {
  const frames = Math.max(1, Math.floor((seconds * config.sampleRate) / config.samplesPerFrame / group)) * group;
  const codes = Int16Array.from({ length: frames * config.layers }, (_, i) => (i * 7919) % config.decoder.codebookSize);
  const [runs, speeds] = [[], []];
  let firstRunMs;
  for (let round = 0; round <= rounds; round++) {
    decoder.reset();
    const { ms } = await timed(async () => {
      for (let t = 0; t < frames; t += group) {
        const piece = codes.slice(t * config.layers, (t + group) * config.layers);
        const one = await timed(() => decoder.run(piece));
        firstRunMs ??= one.ms;
        if (round > 0) runs.push(one.ms);
      }
    });
    if (round > 0) speeds.push((streams * frames * config.samplesPerFrame * 1000) / config.sampleRate / ms); // the first round warms up
  }
  const sorted = runs.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  return { xRealTime: Math.max(...speeds), firstRunMs, runMs: at(0.5), runMsP95: at(0.95) };
}

const numbers = (text) => text.split(",").map(Number);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "kernels" },
    groups: { type: "string", default: "1,4,12" },
    streams: { type: "string", default: "1,4" },
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: String(availableParallelism()) },
  },
});
const [folder] = positionals;
if (!folder || !["kernels", "ort-webgpu", "ort-cpu"].includes(values.engine))
  throw new Error(
    "Usage: node bench/graphics/decode.mjs CHECKPOINT_DIR [--engine kernels|ort-webgpu|ort-cpu] [--groups 1,4,12] [--streams 1,4]",
  );
const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
const model = { config, weights: await folderFiles(folder).weights() };
for (const group of numbers(values.groups)) {
  for (const streams of values.engine === "kernels" ? numbers(values.streams) : [1]) {
    const decoder = await (values.engine === "kernels"
      ? openKernels(model, group, streams)
      : openOrt(model, values.engine.slice("ort-".length), Number(values.threads)));
    const speed = await measure(decoder, config, { group, streams, seconds: Number(values.seconds), rounds: Number(values.rounds) });
    console.log(JSON.stringify({ engine: values.engine, group, streams, ...decoder.facts, ...speed }));
    await decoder.close();
  }
}
process.exit(0); // drivers keep threads
