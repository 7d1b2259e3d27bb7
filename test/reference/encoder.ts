/**
 * The encoder of Qwen3-TTS-Tokenizer-12Hz in plain TypeScript, for reading: whole clip in, whole
 * codes out, double precision. The rules are those of docs/conformance.md.
 */
import { type AttentionShape, selfAttention } from "./attention.ts";
import { causalConv, replicatingConv } from "./convolution.ts";
import { elu, gelu, layerNorm } from "./functions.ts";
import { add, each, linear, type Matrix, matrix, row, scaleColumns, transpose } from "./matrix.ts";
import type { ConfigJson } from "./seeded-checkpoint.mjs";
import { codebook, numberOf, type Weights } from "./weights.ts";

/**
 * Strides in the order in which the sound meets them: `upsampling_ratios` of the configuration
 * reversed.
 */
const STRIDES = [4, 5, 6, 8];

/**
 * Codes, how near the entries were, and what leaves each stage: convolutions `[features, steps]`,
 * transformers `[steps, features]`.
 */
export interface Encoded {
  /** `[T, K]`, T = ceil(samples / 1920). */
  readonly codes: Int16Array;
  /** Euclidean distance of every entry at every choice: `[T K, V]`. */
  readonly distances: Matrix;
  readonly stages: Readonly<Record<string, Matrix>>;
}

/**
 * Sound to codes.
 * @param attention `reference`: every step sees all before it, which is what the package does
 * whatever `sliding_window` says; `windowed`: the last `sliding_window` steps
 */
export function encode(pcm: ArrayLike<number>, config: ConfigJson, w: Weights, attention: "reference" | "windowed"): Encoded {
  const c = config.encoder_config;
  const sound = seanet(matrix(1, pcm.length, pcm), w); // [hidden, T25], 25 steps a second
  const mixed = transformer(transpose(sound), c, w, attention === "reference" ? Infinity : numberOf(c, "sliding_window")); // [T25, hidden]
  const down = replicatingConv(transpose(mixed), { weight: w("encoder.downsample.conv.weight"), taps: 4, stride: 2 }); // [hidden, T]
  const stages = { encoder: sound, encoder_transformer: mixed, downsample: down };
  return { ...quantize(transpose(down), config, w), stages };
}

/**
 * `[1, S]` -> `[hidden, ceil(S / 960)]`. Every strided convolution fills its own last step up on
 * the right.
 */
function seanet(pcm: Matrix, w: Weights): Matrix {
  const conv = (x: Matrix, name: string, taps: number, stride = 1): Matrix =>
    causalConv(x, {
      weight: w(`encoder.encoder.layers.${name}.conv.weight`),
      bias: w(`encoder.encoder.layers.${name}.conv.bias`),
      taps,
      stride,
    });
  let x = conv(pcm, "0", 7);
  for (const [i, stride] of STRIDES.entries()) {
    const [residual, strided] = [1 + 3 * i, 3 + 3 * i];
    const inner = conv(each(x, elu), `${residual}.block.1`, 3);
    x = add(x, conv(each(inner, elu), `${residual}.block.3`, 1));
    x = conv(each(x, elu), `${strided}`, 2 * stride, stride);
  }
  return conv(each(x, elu), `${2 + 3 * STRIDES.length}`, 3);
}

/** `[T, hidden]` -> `[T, hidden]`. */
function transformer(x: Matrix, c: ConfigJson["encoder_config"], w: Weights, window: number): Matrix {
  const shape: AttentionShape = {
    heads: numberOf(c, "num_attention_heads"),
    headDim: numberOf(c, "head_dim"),
    theta: numberOf(c, "rope_theta"),
    window,
  };
  const norm = (y: Matrix, name: string): Matrix => layerNorm(y, w(`${name}.weight`), w(`${name}.bias`), numberOf(c, "norm_eps"));
  for (let i = 0; i < numberOf(c, "num_hidden_layers"); i++) {
    const p = `encoder.encoder_transformer.layers.${i}`;
    const attended = selfAttention(norm(x, `${p}.input_layernorm`), w, `${p}.self_attn`, shape);
    x = add(x, scaleColumns(attended, w(`${p}.self_attn_layer_scale.scale`)));
    const inner = each(linear(norm(x, `${p}.post_attention_layernorm`), w(`${p}.mlp.fc1.weight`)), gelu);
    x = add(x, scaleColumns(linear(inner, w(`${p}.mlp.fc2.weight`)), w(`${p}.mlp_layer_scale.scale`)));
  }
  return x;
}

/**
 * One semantic and K - 1 acoustic layers; both parts quantise the same embedding `[T, hidden]`. The
 * checkpoint has more acoustic layers than are used.
 */
function quantize(x: Matrix, config: ConfigJson, w: Weights): Pick<Encoded, "codes" | "distances"> {
  const layers = config.encoder_valid_num_quantizers;
  const codes = new Int16Array(x.rows * layers);
  const distances = matrix(x.rows * layers, numberOf(config.encoder_config, "codebook_size"));
  const part = (name: string, first: number, end: number): void => {
    const prefix = `encoder.quantizer.${name}_residual_vector_quantizer`;
    const residual = linear(x, w(`${prefix}.input_proj.weight`)); // [T, D], each layer takes its entry away
    for (let k = first; k < end; k++) {
      const entries = codebook(w, `${prefix}.layers.${k - first}.codebook`, "embed_sum");
      for (let t = 0; t < x.rows; t++) codes[t * layers + k] = quantizeRow(row(residual, t), entries, row(distances, t * layers + k));
    }
  };
  part("semantic", 0, 1);
  part("acoustic", 1, layers);
  return { codes, distances };
}

/** The nearest entry, the first one on a tie; what it leaves over stays in `residual`. */
function quantizeRow(residual: Float64Array, entries: Float64Array, distances: Float64Array): number {
  const dim = residual.length;
  for (let v = 0; v < distances.length; v++)
    distances[v] = Math.sqrt(residual.reduce((sum, r, d) => sum + (r - entries[v * dim + d]) ** 2, 0));
  const nearest = distances.indexOf(distances.reduce((a, b) => Math.min(a, b)));
  for (let d = 0; d < dim; d++) residual[d] -= entries[nearest * dim + d];
  return nearest;
}
