/**
 * Forms of the convolutions of the published decoder, and what int8 would make of its sound. Writes
 * bench/results/published-forms.json.
 *
 *     node bench/published/forms.mjs CHECKPOINT_DIR
 *
 * Times convolutions of 7 taps with the widths of the wave decoder and the steps of a group of 4
 * frames: in two dimensions with a height of 1, in one dimension, and in int8 between a change of
 * the floats to bytes and back. Then decodes with weights and inputs of the convolutions rounded to
 * what 8 bits can say: the scales are those of the largest values in this very decoding, so that no
 * other scale of a whole convolution clips nothing and rounds less.
 */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";

const built = join(root, "packages/codec/dist");
const ort = createRequire(join(root, "packages/codec/package.json"))("onnxruntime-node");
const { folderFiles } = await import(join(built, "node/model-files.js"));
const { GraphBuilder } = await import(join(built, "graph/builder.js"));
const { parsePublishedConfig } = await import(join(built, "model/published/config.js"));
const { buildPublishedDecoder } = await import(join(built, "model/published/decoder.js"));
const { StatefulSession } = await import(join(built, "runtime/session.js"));

const TAPS = 7;
const WIDTHS = [768, 384, 192, 96];
const STEPS = [128, 640, 2560, 7680];
const DILATIONS = [1, 9];
const ROUNDS = 12;
/** TensorProto.DataType */
const [UINT8, INT8, INT32] = [2, 3, 6];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("No model: node bench/published/forms.mjs CHECKPOINT_DIR");
const files = folderFiles(folder);
const config = parsePublishedConfig(JSON.parse(new TextDecoder().decode(await files.config())));
const weights = await files.weights();

/** Numbers in [-1, 1) that look like noise. */
function noise(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A convolution in one of the forms, x `[1, C, (1,) T + taps - 1]`. */
function convolution(form, channels, steps, dilation) {
  const height = form === "plain" ? [] : [1];
  const b = new GraphBuilder({});
  const dims = [1, channels, ...height, steps + (TAPS - 1) * dilation];
  const attributes = { kernel_shape: [...height, TAPS], dilations: [...height, dilation] };
  const weight = b.floats(noise(channels * channels * TAPS), [channels, channels, ...height, TAPS]);
  const x = b.input("x", "float32", dims);
  const y = form === "int8" ? int8(b, x, weight, channels, attributes) : b.op("Conv", [x, weight, b.floats(noise(channels))], attributes);
  b.output("y", y, "float32", [1, channels, ...height, steps]);
  return { graph: b.finish(), dims };
}

function int8(b, x, weight, channels, attributes) {
  const scale = b.floats(Float32Array.of(1 / 127), []);
  const middle = b.op("Cast", [b.floats(Float32Array.of(128), [])], { to: UINT8 });
  const bytes = b.op("Cast", [b.op("Mul", [weight, b.floats(Float32Array.of(63))])], { to: INT8 });
  const zeros = b.floats(new Float32Array(channels));
  const inputs = [b.op("QuantizeLinear", [x, scale, middle]), scale, middle];
  const taps = [bytes, b.floats(new Float32Array(channels).fill(1 / 63)), b.op("Cast", [zeros], { to: INT8 })];
  const out = [b.floats(Float32Array.of(0.5), []), middle, b.op("Cast", [zeros], { to: INT32 })];
  return b.op("DequantizeLinear", [b.op("QLinearConv", [...inputs, ...taps, ...out], attributes), out[0], middle]);
}

async function open(graph, threads) {
  const external = graph.weightFolder && { model_external_initializers_file_folder_path: graph.weightFolder };
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3, extra: { session: { ...external } } };
  return ort.InferenceSession.create(graph.bytes, options);
}

/** Milliseconds of the fastest of some runs. */
async function timeForm(form, channels, steps, dilation, threads) {
  const { graph, dims } = convolution(form, channels, steps, dilation);
  const x = new ort.Tensor("float32", noise(dims.reduce((a, n) => a * n)), dims);
  const session = await open(graph, threads);
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await session.run({ x });
    times.push(performance.now() - began);
  }
  await session.release();
  return Math.min(...times);
}

async function timeForms(channels, steps, dilation, threads) {
  const ms = {};
  for (const form of ["blocked", "plain", "int8"]) ms[form] = await timeForm(form, channels, steps, dilation, threads);
  return ms;
}

/** The checkpoint, with the decoder's convolutions rounded to so many bits, a scale for each output channel. */
function roundedWeights(bits) {
  const file = openSync(join(weights.folder, "model.safetensors"), "r");
  const read = (count, position) => {
    const data = new Float32Array(count);
    readSync(file, new Uint8Array(data.buffer), 0, 4 * count, position);
    return data;
  };
  const weight = (name, dims) => {
    const stored = weights.weight(name, dims);
    if (dims.length !== 3 || dims[1] === 1 || name.includes("quantizer")) return stored;
    const data = read(
      dims.reduce((a, n) => a * n),
      stored.data.offset,
    );
    const channel = /block\.1\.conv|upsample\.\d\.0\.conv/.test(name) // transposed: [from, to, taps]
      ? (i) => Math.floor(i / dims[2]) % dims[1]
      : (i) => Math.floor(i / (dims[1] * dims[2]));
    const largest = [];
    for (const [i, value] of data.entries()) largest[channel(i)] = Math.max(largest[channel(i)] ?? 0, Math.abs(value));
    const step = largest.map((value) => value / (2 ** (bits - 1) - 1));
    return { type: "float32", data: data.map((value, i) => Math.round(value / step[channel(i)]) * step[channel(i)]) };
  };
  return { source: { folder: weights.folder, weight }, close: () => closeSync(file) };
}

/**
 * Calls `change` with the builder, the number and the input of each convolution of a graph while it
 * is built: what it returns is convolved instead.
 */
function buildDecoder(source, change) {
  const { op } = GraphBuilder.prototype;
  let convolutions = 0;
  GraphBuilder.prototype.op = function (name, inputs, attributes) {
    const [x, ...rest] = inputs;
    const isFull = name === "Conv" && !attributes.group;
    return op.call(this, name, isFull ? [change({ b: this, op: op.bind(this) }, x, convolutions++), ...rest] : inputs, attributes);
  };
  try {
    return { graph: buildPublishedDecoder(config, source), convolutions };
  } finally {
    GraphBuilder.prototype.op = op;
  }
}

const FRAMES = 8;
const RUNS = 5;
async function decode({ graph }) {
  const session = await open(graph, 2);
  const run = (feeds) =>
    session.run(Object.fromEntries(Object.entries(feeds).map(([k, t]) => [k, new ort.Tensor(t.type, t.data, t.dims)])));
  const network = new StatefulSession({ run }, graph.states);
  const all = noise(RUNS * FRAMES * config.layers);
  const gains = { type: "float32", dims: [1, config.layers], data: new Float32Array(config.layers).fill(1) };
  const outputs = [];
  for (let i = 0; i < RUNS; i++) {
    const numbers = all.subarray(i * FRAMES * config.layers, (i + 1) * FRAMES * config.layers);
    const data = BigInt64Array.from(numbers, (x) => BigInt(Math.floor(((x + 1) / 2) * config.decoder.codebookSize)));
    outputs.push(await network.run({ codes: { type: "int64", dims: [FRAMES, config.layers], data }, gains }));
  }
  await session.release();
  return outputs;
}

const sound = (outputs) => outputs.flatMap(({ pcm }) => Array.from(pcm.data));

function signalToNoise(clean, other) {
  const [signal, error] = clean.reduce(([s, e], x, i) => [s + x * x, e + (x - other[i]) ** 2], [0, 0]);
  return 10 * Math.log10(signal / error);
}

const same = (_, x) => x;

/** The largest value that each convolution hears. */
async function peaks() {
  const built = buildDecoder(weights, ({ b, op }, x, i) => {
    b.output(`peak${i}`, op("Reshape", [op("ReduceMax", [op("Abs", [x])], { keepdims: 0 }), b.ints(1)]), "float32", [1]);
    return x;
  });
  const outputs = await decode(built);
  return Array.from({ length: built.convolutions }, (_, i) => Math.max(...outputs.map((output) => output[`peak${i}`].data[0])));
}

async function int8Sound() {
  const clean = sound(await decode(buildDecoder(weights, same)));
  const largest = await peaks();
  const rounded = ({ b, op }, x, i) => {
    const step = b.floats(Float32Array.of(largest[i] / 127), []);
    const limits = [b.floats(Float32Array.of(-128), []), b.floats(Float32Array.of(127), [])];
    return op("Mul", [op("Clip", [op("Round", [op("Div", [x, step])]), ...limits]), step]);
  };
  const of = async (bits, change) => {
    const { source, close } = roundedWeights(bits);
    const other = sound(await decode(buildDecoder(source, change)));
    close();
    return signalToNoise(clean, other);
  };
  return { weights: await of(8, same), both: await of(8, rounded), sevenBits: await of(7, rounded) };
}

const shapes = [];
for (const [i, channels] of WIDTHS.entries())
  for (const dilation of DILATIONS) {
    const ms = { one: await timeForms(channels, STEPS[i], dilation, 1), two: await timeForms(channels, STEPS[i], dilation, 2) };
    shapes.push({ channels, steps: STEPS[i], dilation, ms });
  }
const results = { measured: measuredOn("node bench/published/forms.mjs CHECKPOINT_DIR"), shapes, int8: await int8Sound() };
writeFileSync(join(root, "bench/results/published-forms.json"), `${JSON.stringify(results, null, 2)}\n`);
console.log(JSON.stringify(results, null, 1));
