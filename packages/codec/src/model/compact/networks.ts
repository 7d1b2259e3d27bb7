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
import { beamSearch } from "../../graph/quantizer.ts";
import type { CompactConfig } from "./config.ts";

/** Spectrum steps (hops of 240 samples) in one codec frame of 1920 samples. */
export const STEPS_PER_FRAME = 8;

const KERNEL = 7;
/** Inner width of the blocks' MLPs relative to their width: at 100 Hz, and at the frame rate. */
export const FINE_EXPANSION = 2;
/** See {@link FINE_EXPANSION}. */
export const FRAME_EXPANSION = 3;

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
 * layer, 0 = leave it out) and outputs `bands` and `priority`, `[8 T, bands]` float32 both.
 */
export function buildCompactDecoder(c: CompactConfig, weights: WeightSource): Graph {
  const b = new GraphBuilder(weights);
  const codes = b.input("codes", "int64", ["T", c.layers]);
  const gains = b.input("gains", "float32", [1, c.layers]);
  const latent = embed(b, codes, gains, c);
  const mixed = blocks(b, linear(b, latent, "out", c.codebookDim, c.dim), "p1", c.depth[2], frameShape(c));
  const spread = linear(b, layerNorm(b, mixed, "pn", c.dim), "up", c.dim, STEPS_PER_FRAME * c.fineDim);
  const fine = blocks(b, b.reshape(spread, -1, c.fineDim), "p2", c.depth[3], fineShape(c)); // [8 T, fineDim]
  const normal = linear(b, layerNorm(b, fine, "hn", c.fineDim), "head", c.fineDim, c.bands);
  const bands = b.op("Add", [b.op("Mul", [normal, b.weight("std", [c.bands])]), b.weight("mean", [c.bands])]);
  b.output("bands", bands, "float32", ["S", c.bands]);
  b.output("priority", priority(b, latent, c), "float32", ["S", c.bands]);
  return b.finish();
}

/**
 * A linear estimate of the bands that decides in which order phases are found: latent `[T, D]` ->
 * `[8 T, bands]`. Products and sums are in float64 and rounded to float32 at the end, so that
 * backends nearly always give the same bits (docs/decisions/phase-order.md).
 */
function priority(b: GraphBuilder, latent: Value, c: CompactConfig): Value {
  const [from, to] = [2 * c.codebookDim, STEPS_PER_FRAME * c.bands];
  const padded = b.history(latent, { steps: 1, stepDims: [c.codebookDim] });
  const both = b.op("Concat", [b.slice(padded, 0, 0, -1), latent], { axis: 1 }); // [T, 2 D]: the frame before, and the frame
  const weight = b.op("Transpose", [b.cast(b.weight("priority.weight", [to, from]), "float64")], { perm: [1, 0] });
  const bias = b.cast(b.weight("priority.bias", [to]), "float64");
  const sums = b.op("Add", [b.op("MatMul", [b.cast(both, "float64"), weight]), bias]);
  return b.reshape(b.cast(sums, "float32"), -1, c.bands);
}

/**
 * Sum of the chosen entries: codes `[T, K]` -> `[T, D]`. Summed in float64 and rounded at the end,
 * which gives every backend the same bits.
 */
function embed(b: GraphBuilder, codes: Value, gains: Value, c: CompactConfig): Value {
  const table = b.reshape(allCodebooks(b, c), -1, c.codebookDim); // [K V, D]
  const offsets = b.ints(...Array.from({ length: c.layers }, (_, layer) => layer * c.codebookSize));
  const entries = b.op("Gather", [table, b.op("Add", [codes, offsets])], { axis: 0 }); // [T, K, D]
  const sums = b.op("MatMul", [b.cast(gains, "float64"), b.cast(entries, "float64")]); // [1, K] x [T, K, D]
  return b.op("Squeeze", [b.cast(sums, "float32"), b.ints(1)]);
}
