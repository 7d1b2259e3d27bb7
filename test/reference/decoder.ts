/**
 * The decoder of Qwen3-TTS-Tokenizer-12Hz in plain TypeScript, for reading: whole codes in, whole
 * clip out, double precision. The rules are those of docs/conformance.md.
 */
import { type AttentionShape, selfAttention } from "./attention.ts";
import { causalConv, depthwiseConv, transposedConv } from "./convolution.ts";
import { gelu, layerNorm, rmsNorm, silu, snakeBeta } from "./functions.ts";
import { add, each, linear, type Matrix, matrix, scaleColumns, transpose } from "./matrix.ts";
import type { ConfigJson } from "./seeded-checkpoint.mjs";
import { codebook, numberOf, type Weights } from "./weights.ts";

/**
 * What the package cuts long codes into: frames of a piece, and frames before it that are decoded
 * once more for context.
 */
const PIECE_FRAMES = 300;
const CONTEXT_FRAMES = 25;
const SAMPLES_PER_FRAME = 1920;

/**
 * Sound, and what leaves each stage: convolutions `[features, steps]`, transformers
 * `[steps, features]`.
 */
export interface Decoded {
  /** `[1920 T]` in [-1, 1]. */
  readonly pcm: Float64Array;
  readonly stages: Readonly<Record<string, Matrix>>;
}

/** Codes `[T, K]` to sound. */
export function decode(codes: ArrayLike<number>, config: ConfigJson, w: Weights): Decoded {
  const c = config.decoder_config;
  const stages: Record<string, Matrix> = {};
  const stage = (name: string, x: Matrix): Matrix => (stages[name] = x);

  let x = stage("quantizer", dequantize(codes, config, w));
  x = stage("pre_conv", causalConv(x, { ...convWeights(w, "decoder.pre_conv.conv"), taps: 3 }));
  x = transpose(stage("pre_transformer", transformer(transpose(x), c, w)));
  for (const [i, ratio] of [2, 2].entries()) x = stage(`upsample.${i}`, upsample(x, `decoder.upsample.${i}`, ratio, w));
  x = stage("decoder.0", causalConv(x, { ...convWeights(w, "decoder.decoder.0.conv"), taps: 7 }));
  for (const [i, rate] of [8, 5, 4, 3].entries()) {
    x = stage(`decoder.${i + 1}`, waveBlock(x, `decoder.decoder.${i + 1}.block`, rate, w));
  }
  x = stage("decoder.5", snake(x, "decoder.decoder.5", w));
  x = stage("decoder.6", causalConv(x, { ...convWeights(w, "decoder.decoder.6.conv"), taps: 7 }));
  return { pcm: each(x, (v) => Math.min(1, Math.max(-1, v))).data, stages };
}

/**
 * Frames `first` to `first + 299` as the package decodes them, `first` a multiple of 300: the piece
 * starts anew with 25 frames of context. That is less than the network sees, so beyond 300 frames
 * this is another sound than {@link decode}'s.
 */
export function decodePiece(codes: Int16Array, first: number, config: ConfigJson, w: Weights): Float64Array {
  const layers = config.encoder_valid_num_quantizers;
  const from = Math.max(0, first - CONTEXT_FRAMES);
  const { pcm } = decode(codes.subarray(from * layers, (first + PIECE_FRAMES) * layers), config, w);
  return pcm.subarray((first - from) * SAMPLES_PER_FRAME);
}

/**
 * Entries of a part's layers added, then projected; the parts added: codes `[T, K]` ->
 * `[codebook_dim, T]`.
 */
function dequantize(codes: ArrayLike<number>, config: ConfigJson, w: Weights): Matrix {
  const layers = config.encoder_valid_num_quantizers;
  const part = (name: string, first: number, end: number): Matrix => {
    const sum = Array.from({ length: end - first }, (_, i) => {
      const entries = codebook(w, `decoder.quantizer.${name}.vq.layers.${i}._codebook`, "embedding_sum");
      return lookUp(entries, numberOf(config.decoder_config, "codebook_dim") / 2, codes, first + i, layers);
    }).reduce(add);
    return linear(sum, w(`decoder.quantizer.${name}.output_proj.weight`));
  };
  return transpose(add(part("rvq_first", 0, 1), part("rvq_rest", 1, layers)));
}

/** Entries that one layer's codes choose: `[T, D]`. */
function lookUp(entries: Float64Array, dim: number, codes: ArrayLike<number>, layer: number, layers: number): Matrix {
  const out = matrix(codes.length / layers, dim);
  for (let t = 0; t < out.rows; t++) {
    const code = codes[t * layers + layer];
    out.data.set(entries.subarray(code * dim, (code + 1) * dim), t * dim);
  }
  return out;
}

/**
 * `[T, latent]` -> `[T, latent]`. The projections go from hidden_size to heads * head_dim, which is
 * twice as wide at full size.
 */
function transformer(x: Matrix, c: ConfigJson["decoder_config"], w: Weights): Matrix {
  const prefix = "decoder.pre_transformer";
  const epsilon = numberOf(c, "rms_norm_eps");
  const shape: AttentionShape = {
    heads: numberOf(c, "num_attention_heads"),
    headDim: numberOf(c, "head_dim"),
    theta: numberOf(c, "rope_theta"),
    window: numberOf(c, "sliding_window"), // a frame sees itself and the sliding_window - 1 before it
  };
  let y = linear(x, w(`${prefix}.input_proj.weight`), w(`${prefix}.input_proj.bias`));
  for (let i = 0; i < numberOf(c, "num_hidden_layers"); i++) {
    const p = `${prefix}.layers.${i}`;
    const attended = selfAttention(rmsNorm(y, w(`${p}.input_layernorm.weight`), epsilon), w, `${p}.self_attn`, shape);
    y = add(y, scaleColumns(attended, w(`${p}.self_attn_layer_scale.scale`)));
    const inner = gatedMlp(rmsNorm(y, w(`${p}.post_attention_layernorm.weight`), epsilon), `${p}.mlp`, w);
    y = add(y, scaleColumns(inner, w(`${p}.mlp_layer_scale.scale`)));
  }
  return linear(rmsNorm(y, w(`${prefix}.norm.weight`), epsilon), w(`${prefix}.output_proj.weight`), w(`${prefix}.output_proj.bias`));
}

/** SwiGLU: the gate's SiLU times the projection, projected back. */
function gatedMlp(x: Matrix, prefix: string, w: Weights): Matrix {
  const gate = each(linear(x, w(`${prefix}.gate_proj.weight`)), silu);
  const up = linear(x, w(`${prefix}.up_proj.weight`));
  return linear({ ...gate, data: gate.data.map((v, i) => v * up.data[i]) }, w(`${prefix}.down_proj.weight`));
}

/** Transposed convolution and ConvNeXt block: `[C, T]` -> `[C, T ratio]`. */
function upsample(x: Matrix, prefix: string, ratio: number, w: Weights): Matrix {
  const finer = transposedConv(x, { ...convWeights(w, `${prefix}.0.conv`), taps: ratio, stride: ratio });
  const mixed = transpose(depthwiseConv(finer, { ...convWeights(w, `${prefix}.1.dwconv.conv`), taps: 7 }));
  const normed = layerNorm(mixed, w(`${prefix}.1.norm.weight`), w(`${prefix}.1.norm.bias`), 1e-6);
  const inner = each(linear(normed, w(`${prefix}.1.pwconv1.weight`), w(`${prefix}.1.pwconv1.bias`)), gelu);
  const outer = linear(inner, w(`${prefix}.1.pwconv2.weight`), w(`${prefix}.1.pwconv2.bias`));
  return add(finer, transpose(scaleColumns(outer, w(`${prefix}.1.gamma`))));
}

/**
 * SnakeBeta, transposed convolution to half the channels, three residual units: `[C, T]` ->
 * `[C / 2, T rate]`.
 */
function waveBlock(x: Matrix, prefix: string, rate: number, w: Weights): Matrix {
  const finer = transposedConv(snake(x, `${prefix}.0`, w), { ...convWeights(w, `${prefix}.1.conv`), taps: 2 * rate, stride: rate });
  return [1, 3, 9].reduce((y, dilation, i) => add(y, residualBranch(y, `${prefix}.${i + 2}`, dilation, w)), finer);
}

function residualBranch(x: Matrix, prefix: string, dilation: number, w: Weights): Matrix {
  const inner = causalConv(snake(x, `${prefix}.act1`, w), { ...convWeights(w, `${prefix}.conv1.conv`), taps: 7, dilation });
  return causalConv(snake(inner, `${prefix}.act2`, w), { ...convWeights(w, `${prefix}.conv2.conv`), taps: 1 });
}

function snake(x: Matrix, prefix: string, w: Weights): Matrix {
  return snakeBeta(x, w(`${prefix}.alpha`), w(`${prefix}.beta`));
}

function convWeights(w: Weights, prefix: string): { weight: Float32Array; bias: Float32Array } {
  return { weight: w(`${prefix}.weight`), bias: w(`${prefix}.bias`) };
}
