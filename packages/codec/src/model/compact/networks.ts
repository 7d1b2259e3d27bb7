/**
 * The two networks of a compact model as ONNX graphs.
 *
 * Encoder: log bands at 100 Hz -> codes at 12.5 Hz. Decoder: codes -> log bands. Spectra and phases
 * are outside (src/dsp). T is a number of frames, chosen at each run; every frame holds
 * {@link STEPS_PER_FRAME} spectrum steps.
 */
import type { Graph, Value, WeightSource } from "../../graph/builder.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { BlockShape } from "../../graph/layers.ts";
import { convNextBlock, layerNorm, linear, standardize } from "../../graph/layers.ts";
import { PRIORITY_UNITS } from "../../dsp/phase-gradient.ts";
import { beamSearch } from "../../graph/quantizer.ts";
import type { CompactConfig } from "./config.ts";

/** Spectrum steps (hops of 240 samples) in one codec frame of 1920 samples. */
export const STEPS_PER_FRAME = 8;

const KERNEL = 7;
/** Inner width of the blocks' MLPs relative to their width: at 100 Hz, and at the frame rate. */
export const FINE_EXPANSION = 2;
/** See {@link FINE_EXPANSION}. */
export const FRAME_EXPANSION = 3;

/** Sums of entries, as they decide the order of phases, are whole numbers, so many to 1, of 16 bits. */
const LATENT_UNITS = 2048;
const LARGEST_LATENT = 32767;
/** Largest estimate, and largest bias: the sum, a priority, has 16 bits. */
const LARGEST_PART = 16383;

function fineShape(c: CompactConfig): BlockShape {
  return { channels: c.fineDim, expansion: FINE_EXPANSION, kernel: KERNEL };
}

function frameShape(c: CompactConfig): BlockShape {
  return { channels: c.dim, expansion: FRAME_EXPANSION, kernel: KERNEL };
}

function blocks(b: GraphBuilder, x: Value, prefix: string, count: number, shape: BlockShape): Value {
  return Array.from({ length: count }).reduce<Value>((y, _, i) => convNextBlock(b, y, `${prefix}.${i}`, shape), x);
}

/**
 * Graph with input `bands` `[8 T, bands]` float32 and outputs `latent` `[T, codebookDim]` float32
 * and `codes` `[T, layers]` int64.
 */
export function buildCompactEncoder(c: CompactConfig, weights: WeightSource): Graph {
  const b = new GraphBuilder(weights);
  const latent = encoderLatent(b, c);
  b.output("latent", latent, "float32", ["T", c.codebookDim]);
  b.output("codes", quantize(b, latent, c), "int64", ["T", c.layers]);
  return b.finish();
}

/** Asks for all weights of the encoder, without the many nodes of its search. */
export function askForEncoderWeights(c: CompactConfig, weights: WeightSource): void {
  const b = new GraphBuilder(weights);
  encoderLatent(b, c);
  allCodebooks(b, c);
}

/** Input `bands` -> latent `[T, codebookDim]`. */
function encoderLatent(b: GraphBuilder, c: CompactConfig): Value {
  const bands = b.input("bands", "float32", ["S", c.bands]);
  const normal = b.op("Div", [b.op("Sub", [bands, b.weight("mean", [c.bands])]), b.weight("std", [c.bands])]);
  const fine = blocks(b, linear(b, normal, "ein", c.bands, c.fineDim), "e1", c.depth[0], fineShape(c));
  const frames = b.reshape(fine, -1, STEPS_PER_FRAME * c.fineDim); // [T, 8 * fineDim]
  const mixed = blocks(b, linear(b, frames, "down", STEPS_PER_FRAME * c.fineDim, c.dim), "e2", c.depth[1], frameShape(c));
  return standardize(b, linear(b, layerNorm(b, mixed, "en", c.dim), "inp", c.dim, c.codebookDim), c.codebookDim);
}

function allCodebooks(b: GraphBuilder, c: CompactConfig): Value {
  return b.weight("codebooks", [c.layers, c.codebookSize, c.codebookDim]);
}

/** Entries of codebook `layer`, `[codebookSize, codebookDim]`. */
function codebook(b: GraphBuilder, c: CompactConfig, layer: number): Value {
  return b.op("Squeeze", [b.slice(allCodebooks(b, c), 0, layer, layer + 1), b.ints(0)]);
}

/** Latent `[T, D]` -> codes `[T, K]` int64. */
function quantize(b: GraphBuilder, latent: Value, c: CompactConfig): Value {
  const books = Array.from({ length: c.layers }, (_, layer) => codebook(b, c, layer));
  const shape = { size: c.codebookSize, dim: c.codebookDim };
  return b.op("Concat", beamSearch(b, latent, books, shape, c.beamWidth), { axis: 1 });
}

/**
 * Graph with inputs `codes` `[T, layers]` int64 and `gains` `[1, layers]` float32 (1 = use the
 * layer, 0 = leave it out) and outputs `bands` float32 and `priority` int32, `[8 T, bands]` both.
 */
export function buildCompactDecoder(c: CompactConfig, weights: WeightSource): Graph {
  const b = new GraphBuilder(weights);
  const codes = b.input("codes", "int64", ["T", c.layers]);
  const gains = b.input("gains", "float32", [1, c.layers]);
  const { latent, whole } = embed(b, codes, gains, c);
  const mixed = blocks(b, linear(b, latent, "out", c.codebookDim, c.dim), "p1", c.depth[2], frameShape(c));
  const spread = linear(b, layerNorm(b, mixed, "pn", c.dim), "up", c.dim, STEPS_PER_FRAME * c.fineDim);
  const fine = blocks(b, b.reshape(spread, -1, c.fineDim), "p2", c.depth[3], fineShape(c)); // [8 T, fineDim]
  const normal = linear(b, layerNorm(b, fine, "hn", c.fineDim), "head", c.fineDim, c.bands);
  const bands = b.op("Add", [b.op("Mul", [normal, b.weight("std", [c.bands])]), b.weight("mean", [c.bands])]);
  b.output("bands", bands, "float32", ["S", c.bands]);
  b.output("priority", priority(b, whole, c), "int32", ["S", c.bands]);
  return b.finish();
}

/**
 * A linear estimate of the bands that decides in which order phases are found: sums of entries as
 * whole numbers `[T, D]` -> `[8 T, bands]` int32, {@link PRIORITY_UNITS} to a neper. Products of
 * whole numbers of 8 and 16 bits have exact sums in float64; the one rounding after them is that of
 * a single product, so every backend gives the same bits (docs/decisions/phase-order.md).
 */
function priority(b: GraphBuilder, whole: Value, c: CompactConfig): Value {
  const [from, to] = [2 * c.codebookDim, STEPS_PER_FRAME * c.bands];
  const padded = b.history(whole, { steps: 1, stepDims: [c.codebookDim] });
  const both = b.op("Concat", [b.slice(padded, 0, 0, -1), whole], { axis: 1 }); // [T, 2 D]: the frame before, and the frame
  const { values, scales } = b.scaledRows("priority.weight", [to, from]);
  const weight = b.op("Transpose", [b.cast(values, "float64")], { perm: [1, 0] });
  const sums = b.cast(b.op("MatMul", [b.cast(both, "float64"), weight]), "float32");
  const estimate = b.op("Mul", [sums, times(b, scales, PRIORITY_UNITS / LATENT_UNITS)]);
  const parts = [estimate, times(b, b.weight("priority.bias", [to]), PRIORITY_UNITS)];
  const [rounded, bias] = parts.map((part) => b.cast(within(b, part, LARGEST_PART), "int32")); // towards zero
  return b.reshape(b.op("Add", [rounded, bias]), -1, c.bands);
}

/** Times a number. */
function times(b: GraphBuilder, x: Value, factor: number): Value {
  return b.op("Mul", [x, b.floats(Float32Array.of(factor))]);
}

/** From -limit to limit; what lies outside is moved there. */
function within(b: GraphBuilder, x: Value, limit: number): Value {
  return b.op("Clip", [x, b.floats(Float32Array.of(-limit), []), b.floats(Float32Array.of(limit), [])]);
}

/**
 * Sum of the chosen entries: codes `[T, K]` -> `[T, D]`. `latent` is summed in float64 and rounded at
 * the end, which gives every backend the same bits; `whole` is the sum of entries that were rounded
 * to whole numbers, {@link LATENT_UNITS} to 1.
 */
function embed(b: GraphBuilder, codes: Value, gains: Value, c: CompactConfig): { readonly latent: Value; readonly whole: Value } {
  const table = b.reshape(allCodebooks(b, c), -1, c.codebookDim); // [K V, D]
  const offsets = b.ints(...Array.from({ length: c.layers }, (_, layer) => layer * c.codebookSize));
  const entries = b.op("Gather", [table, b.op("Add", [codes, offsets])], { axis: 0 }); // [T, K, D]
  const sums = b.op("MatMul", [b.cast(gains, "float64"), b.cast(entries, "float64")]); // [1, K] x [T, K, D]
  const units = within(b, times(b, b.op("Mul", [entries, b.reshape(gains, c.layers, 1)]), LATENT_UNITS), LARGEST_LATENT);
  const whole = b.op("ReduceSum", [b.op("Round", [units]), b.ints(1)], { keepdims: 0 }); // exact in float32: at most 2^21
  return { latent: b.op("Squeeze", [b.cast(sums, "float32"), b.ints(1)]), whole: within(b, whole, LARGEST_LATENT) };
}
