/** The decoder of Qwen3-TTS-Tokenizer-12Hz as an ONNX graph: codes -> sound. */
import { type AttentionPlan, type AttentionShape, planAttention, selfAttention } from "../../graph/attention.ts";
import type { Graph, Value, WeightSource } from "../../graph/builder.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { causalConv, causalDepthwise, causalTransposedConv, snakeBeta, toChannels, toRows } from "../../graph/convolution.ts";
import { layerNorm, linear, rmsNorm } from "../../graph/layers.ts";
import { codebookEntries } from "../../graph/quantizer.ts";
import type { PublishedConfig, PublishedDecoderConfig } from "./config.ts";

/**
 * Epsilon of the norm in the upsampling blocks (qwen-tts 0.1.1, Qwen3TTSTokenizerV2ConvNeXtBlock).
 */
export const CONVNEXT_EPSILON = 1e-6;
/** Dilations of the three residual units of a block. */
export const DILATIONS: readonly number[] = [1, 3, 9];

/** A value that leaves the graph for a test, and its shape. */
type Tap = readonly [name: string, value: Value, channels: number];

/**
 * Graph with inputs `codes` `[T, layers]` int64 and `gains` `[1, layers]` float32 (1 = use the
 * layer, 0 = leave it out) and output `pcm` `[1920 T]` float32 in [-1, 1].
 * @param taps also give what leaves each stage, `[C, steps]`, as `quantizer`, `pre_conv`,
 * `pre_transformer`, `upsample.I`, `decoder.I`
 */
export function buildPublishedDecoder({ decoder: c, layers }: PublishedConfig, weights: WeightSource, taps = false): Graph {
  const b = new GraphBuilder(weights);
  const codes = b.input("codes", "int64", ["T", layers]);
  const gains = b.input("gains", "float32", [1, layers]);
  const stages: Tap[] = [];
  const tap = (name: string, value: Value, channels: number): Value => {
    stages.push([name, value, channels]);
    return value;
  };
  const embedded = tap("quantizer", toChannels(b, dequantize(b, codes, gains, c), c.codebookDim), c.codebookDim);
  const latent = tap(
    "pre_conv",
    causalConv(b, embedded, "decoder.pre_conv.conv", { from: c.codebookDim, to: c.latentDim, kernel: 3 }),
    c.latentDim,
  );
  const mixed = tap("pre_transformer", toChannels(b, transformer(b, toRows(b, latent, c.latentDim), c), c.latentDim), c.latentDim);
  const fine = c.upsamplingRatios.reduce(
    (x, ratio, i) => tap(`upsample.${i}`, upsample(b, x, `decoder.upsample.${i}`, c.latentDim, ratio), c.latentDim),
    mixed,
  );
  const wave = waveDecoder(b, fine, c, tap);
  b.output("pcm", b.reshape(b.op("Clip", [wave, b.floats(Float32Array.of(-1), []), b.floats(Float32Array.of(1), [])]), -1), "float32", [
    "S",
  ]);
  if (taps)
    for (const [name, value, channels] of stages) b.output(name, b.reshape(value, channels, -1), "float32", [channels, `${name}.steps`]);
  return b.finish();
}

/** Where the decoder's codebook of a layer lies in the checkpoint. */
export function codebookPrefix(layer: number): string {
  return layer === 0 ? "decoder.quantizer.rvq_first.vq.layers.0._codebook" : `decoder.quantizer.rvq_rest.vq.layers.${layer - 1}._codebook`;
}

/**
 * Names of the tensors that hold the decoder's codebooks, layer by layer: what identifies a model.
 */
export function publishedCodebooks({ layers }: PublishedConfig): string[] {
  return Array.from({ length: layers }, (_, layer) => [
    `${codebookPrefix(layer)}.embedding_sum`,
    `${codebookPrefix(layer)}.cluster_usage`,
  ]).flat();
}

/**
 * Sum of the chosen entries of each part, projected, and the parts added: codes `[T, K]` ->
 * `[T, codebookDim]`.
 */
function dequantize(b: GraphBuilder, codes: Value, gains: Value, c: PublishedDecoderConfig): Value {
  const half = c.codebookDim / 2;
  const part = (name: string, first: number, end: number): Value => {
    const prefix = `decoder.quantizer.${name}`;
    const chosen = Array.from({ length: end - first }, (_, i) => {
      const book = codebookPrefix(first + i);
      const entries = codebookEntries(b, `${book}.cluster_usage`, `${book}.embedding_sum`, c.codebookSize, half);
      const code = b.op("Squeeze", [b.slice(codes, 1, first + i, first + i + 1), b.ints(1)]);
      return b.op("Mul", [b.op("Gather", [entries, code], { axis: 0 }), b.slice(gains, 1, first + i, first + i + 1)]); // [T, half]
    });
    const sum = chosen.reduce((a, x) => b.op("Add", [a, x]));
    return b.op("Gemm", [sum, b.weight(`${prefix}.output_proj.weight`, [c.codebookDim, half, 1], [c.codebookDim, half])], { transB: 1 });
  };
  return b.op("Add", [part("rvq_first", 0, 1), part("rvq_rest", 1, c.quantizers)]);
}

function transformer(b: GraphBuilder, x: Value, c: PublishedDecoderConfig): Value {
  const prefix = "decoder.pre_transformer";
  const shape: AttentionShape = { dim: c.hiddenSize, heads: c.heads, headDim: c.headDim, theta: c.ropeTheta };
  const plan = planAttention(b, x, b.ints(c.slidingWindow), shape);
  let y = linear(b, x, `${prefix}.input_proj`, c.latentDim, c.hiddenSize);
  for (let i = 0; i < c.transformerLayers; i++) y = transformerLayer(b, y, `${prefix}.layers.${i}`, c, plan);
  return linear(b, rmsNorm(b, y, `${prefix}.norm`, c.hiddenSize, c.normEpsilon), `${prefix}.output_proj`, c.hiddenSize, c.latentDim);
}

function transformerLayer(b: GraphBuilder, x: Value, prefix: string, c: PublishedDecoderConfig, plan: AttentionPlan): Value {
  const scaled = (y: Value, name: string): Value => b.op("Mul", [y, b.weight(`${prefix}.${name}.scale`, [c.hiddenSize])]);
  const attended = selfAttention(b, rmsNorm(b, x, `${prefix}.input_layernorm`, c.hiddenSize, c.normEpsilon), `${prefix}.self_attn`, plan);
  const y = b.op("Add", [x, scaled(attended, "self_attn_layer_scale")]);
  const inner = gatedMlp(b, rmsNorm(b, y, `${prefix}.post_attention_layernorm`, c.hiddenSize, c.normEpsilon), `${prefix}.mlp`, c);
  return b.op("Add", [y, scaled(inner, "mlp_layer_scale")]);
}

/** SwiGLU (Shazeer 2020, equation 6). */
function gatedMlp(b: GraphBuilder, x: Value, prefix: string, c: PublishedDecoderConfig): Value {
  const project = (y: Value, name: string, from: number, to: number): Value =>
    b.op("Gemm", [y, b.weight(`${prefix}.${name}_proj.weight`, [to, from])], { transB: 1 });
  const gate = project(x, "gate", c.hiddenSize, c.intermediateSize);
  const silu = b.op("Mul", [gate, b.op("Sigmoid", [gate])]);
  return project(b.op("Mul", [silu, project(x, "up", c.hiddenSize, c.intermediateSize)]), "down", c.intermediateSize, c.hiddenSize);
}

/** Transposed convolution and ConvNeXt block: `[1, C, 1, T]` -> `[1, C, 1, T ratio]`. */
function upsample(b: GraphBuilder, x: Value, prefix: string, channels: number, ratio: number): Value {
  const spread = causalTransposedConv(b, x, `${prefix}.0.conv`, { from: channels, to: channels, kernel: ratio, stride: ratio });
  const rows = toRows(b, causalDepthwise(b, spread, `${prefix}.1.dwconv.conv`, channels, 7), channels);
  const inner = b.op("Gelu", [
    linear(b, layerNorm(b, rows, `${prefix}.1.norm`, channels, CONVNEXT_EPSILON), `${prefix}.1.pwconv1`, channels, 4 * channels),
  ]);
  const branch = b.op("Mul", [linear(b, inner, `${prefix}.1.pwconv2`, 4 * channels, channels), b.weight(`${prefix}.1.gamma`, [channels])]);
  return b.op("Add", [spread, toChannels(b, branch, channels)]);
}

function waveDecoder(
  b: GraphBuilder,
  x: Value,
  c: PublishedDecoderConfig,
  tap: (name: string, value: Value, channels: number) => Value,
): Value {
  const name = (i: number): string => `decoder.decoder.${i}`;
  let y = tap("decoder.0", causalConv(b, x, `${name(0)}.conv`, { from: c.latentDim, to: c.decoderDim, kernel: 7 }), c.decoderDim);
  let width = c.decoderDim;
  for (const [i, stride] of c.upsampleRates.entries()) {
    y = tap(`decoder.${i + 1}`, waveBlock(b, y, `${name(i + 1)}.block`, width, stride), width / 2);
    width /= 2;
  }
  const last = c.upsampleRates.length + 1;
  const shaped = tap(`decoder.${last}`, snakeBeta(b, y, name(last), width), width);
  return tap(`decoder.${last + 1}`, causalConv(b, shaped, `${name(last + 1)}.conv`, { from: width, to: 1, kernel: 7 }), 1);
}

/**
 * SnakeBeta, transposed convolution to half the channels, three residual units: `[1, C, 1, T]` ->
 * `[1, C / 2, 1, T stride]`.
 */
function waveBlock(b: GraphBuilder, x: Value, prefix: string, width: number, stride: number): Value {
  const half = width / 2;
  const spread = causalTransposedConv(b, snakeBeta(b, x, `${prefix}.0`, width), `${prefix}.1.conv`, {
    from: width,
    to: half,
    kernel: 2 * stride,
    stride,
  });
  return DILATIONS.reduce((y, dilation, i) => residualUnit(b, y, `${prefix}.${i + 2}`, half, dilation), spread);
}

function residualUnit(b: GraphBuilder, x: Value, prefix: string, width: number, dilation: number): Value {
  const inner = causalConv(b, snakeBeta(b, x, `${prefix}.act1`, width), `${prefix}.conv1.conv`, {
    from: width,
    to: width,
    kernel: 7,
    dilation,
  });
  return b.op("Add", [
    x,
    causalConv(b, snakeBeta(b, inner, `${prefix}.act2`, width), `${prefix}.conv2.conv`, { from: width, to: width, kernel: 1 }),
  ]);
}
