/**
 * How fast the published model is on this machine's graphics card, and on what else can run it: one
 * line of JSON for each setting.
 *
 *     node bench/graphics/measure.mjs CHECKPOINT_DIR [--engine opening|kernels|ort-webgpu|ort-cpu] [--tasks decode,encode]
 *         [--weights float32] [--groups 1,4,12] [--streams 1,4] [--seconds 15] [--rounds 3] [--threads N] [--frames N]
 *
 * `kernels` are our own, `ort-*` ONNX Runtime's providers with our graph; `opening` opens the codec as
 * a program does, on the card and on the processor, with the check. A group is the frames of one run;
 * streams share runs, with our own kernels only. --frames takes the place of --seconds. --weights:
 * how the card keeps a decoder. Nothing here needs a network.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Codes } from "../../packages/codec/dist/codes/codes.js";
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
import { openCodec } from "../../packages/codec/dist/node/open-codec.js";

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
    plan: ({ config, weights }, halves) => planPublishedDecoder(config, weights, halves),
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

/** Our own kernels: opens them for groups of this size. */
async function openKernels(model, task, group, halves) {
  const { create } = await import("webgpu");
  const gpu = create([]);
  created.push(gpu);
  const card = await openCard(gpu, { takesFallback: true, compiler: "" });
  const plan = task.plan(model, halves);
  const { result: network, ms: openMs } = await timed(() => GpuNetwork.open(card, plan, group));
  const { ms: checkMs } = await timed(() => checkKernels(network));
  return {
    async join(streams) {
      const shared = new GpuStreams(network, streams);
      const joined = await Promise.all(Array.from({ length: streams }, () => shared.join()));
      const megabytes = (network.weightBytes + streams * network.slotBytes) / 1e6;
      return {
        facts: { device: card.name, launches: plan.steps.length, openMs, checkMs, megabytes },
        run: (feed) => Promise.all(joined.map((stream) => stream.push(feed))),
        reset: () => joined.forEach((stream) => stream.reset()),
        close: () => shared.close(),
      };
    },
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
  const running = {
    facts: { device: isGpu ? "ONNX Runtime's choice" : `${threads} threads`, openMs },
    async run(feed) {
      const outputs = await session.run({ ...state, ...task.tensors(ort, model.config, feed) });
      const before = state;
      state = Object.fromEntries(graph.states.map(({ input, output }) => [input, outputs[output]]));
      for (const old of Object.values(before)) if (old.location === "gpu-buffer") old.dispose();
    },
    reset,
    close: () => undefined,
  };
  return { join: async () => running, close: () => session.release() };
}

/** Opens the codec as a program does, and decodes a frame: with nothing remembered, then again; on the card, and on the processor. */
async function measureOpening(folder, frameOf) {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), "twelvehz-opening-"));
  for (const device of ["cpu", "webgpu"]) {
    for (const isFirst of [true, false]) {
      const { result: codec, ms: openMs } = await timed(async () => {
        const opened = await openCodec(folder, { device });
        await opened.prepare({ decoder: true });
        return opened;
      });
      const { ms: firstFrameMs } = await timed(() => frameOf(codec));
      console.log(JSON.stringify({ engine: "opening", device, card: codec.info.graphicsCard, isFirst, openMs, firstFrameMs }));
      await codec.close();
    }
  }
  rmSync(process.env.XDG_CACHE_HOME, { recursive: true });
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
    weights: { type: "string", default: "float32" },
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
if (
  !folder ||
  !["opening", "kernels", "ort-webgpu", "ort-cpu"].includes(values.engine) ||
  !tasks.every((task) => Object.hasOwn(TASKS, task))
)
  throw new Error(
    "Usage: node bench/graphics/measure.mjs CHECKPOINT_DIR [--engine opening|kernels|ort-webgpu|ort-cpu] [--tasks decode,encode] [--groups 1,4,12]",
  );
const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
const model = { config, weights: await folderFiles(folder).weights() };
const frames = Number(values.frames ?? Math.ceil((Number(values.seconds) * config.sampleRate) / config.samplesPerFrame));
const isOurs = values.engine === "kernels";
/** Settings of which each takes a network of its own; an encoder's weights are never rounded. */
const settings = tasks.flatMap((task) =>
  (task === "decode" && isOurs ? values.weights.split(",") : ["float32"]).flatMap((weights) =>
    numbers(values.groups).map((group) => ({ task, weights, group })),
  ),
);
if (values.engine === "opening") {
  const frame = new Codes(new Int16Array(config.layers), config.layers, { codebookSize: config.decoder.codebookSize });
  await measureOpening(folder, (codec) => codec.decode(frame));
  process.exit(0);
}
for (const { task, weights, group } of settings) {
  const network = await (isOurs
    ? openKernels(model, TASKS[task], group, weights === "float16")
    : openOrt(model, TASKS[task], values.engine.slice("ort-".length), Number(values.threads)));
  for (const streams of isOurs ? numbers(values.streams) : [1]) {
    const running = await network.join(streams);
    const speed = await measure(running, TASKS[task], config, { group, streams, frames, rounds: Number(values.rounds) });
    console.log(JSON.stringify({ engine: values.engine, task, weights, group, streams, ...running.facts, ...speed }));
    running.close();
  }
  await network.close();
}
process.exit(0); // drivers keep threads
