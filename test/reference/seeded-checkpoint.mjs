/**
 * Checkpoints with the layout of Qwen3-TTS-Tokenizer-12Hz whose weights follow from a seed alone:
 * the stand-in for the published weights.
 *
 * Element i of a tensor is `lo + (hi - lo) * (mix(i * 0x9E3779B1 + key) >> 8) / 2^24`, where mix is
 * the 32-bit finaliser of MurmurHash3 (Appleby, public domain) and
 * `key = crc32(name) xor (seed * 0x85EBCA6B)`; integers are modulo 2^32, the rest is computed in
 * double precision and rounded once to float32. {@link rangeOf} gives lo and hi. The weights mean
 * nothing; they are scaled so that every part of the network matters to the output.
 * docs/conformance.md has the rule in words.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const FULL_ENCODER = {
  model_type: "mimi",
  frame_rate: 12.5,
  attention_bias: false,
  attention_dropout: 0,
  audio_channels: 1,
  codebook_dim: 256,
  codebook_size: 2048,
  compress: 2,
  dilation_growth_rate: 2,
  head_dim: 64,
  hidden_act: "gelu",
  hidden_size: 512,
  intermediate_size: 2048,
  kernel_size: 7,
  last_kernel_size: 3,
  layer_scale_initial_scale: 0.01,
  max_position_embeddings: 8000,
  norm_eps: 1e-5,
  normalize: false,
  num_attention_heads: 8,
  num_filters: 64,
  num_hidden_layers: 8,
  num_key_value_heads: 8,
  num_quantizers: 32,
  num_residual_layers: 1,
  num_semantic_quantizers: 1,
  pad_mode: "constant",
  residual_kernel_size: 3,
  rope_theta: 10000,
  sampling_rate: 24000,
  sliding_window: 250,
  trim_right_ratio: 1,
  upsample_groups: 512,
  upsampling_ratios: [8, 6, 5, 4],
  use_causal_conv: true,
  use_conv_shortcut: false,
  vector_quantization_hidden_dimension: 256,
};
const FULL_DECODER = {
  model_type: "qwen3_tts_tokenizer_12hz_decoder",
  attention_bias: false,
  attention_dropout: 0,
  codebook_dim: 512,
  codebook_size: 2048,
  decoder_dim: 1536,
  head_dim: 64,
  hidden_act: "silu",
  hidden_size: 512,
  intermediate_size: 1024,
  latent_dim: 1024,
  layer_scale_initial_scale: 0.01,
  max_position_embeddings: 8000,
  num_attention_heads: 16,
  num_hidden_layers: 8,
  num_key_value_heads: 16,
  num_quantizers: 16,
  num_semantic_quantizers: 1,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  semantic_codebook_size: 4096,
  sliding_window: 72,
  upsample_rates: [8, 5, 4, 3],
  upsampling_ratios: [2, 2],
  vector_quantization_hidden_dimension: 512,
};
const TINY_ENCODER = {
  codebook_dim: 16,
  codebook_size: 64,
  head_dim: 8,
  hidden_size: 32,
  intermediate_size: 48,
  num_attention_heads: 4,
  num_filters: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 4,
  num_quantizers: 9,
  sliding_window: 20,
  upsample_groups: 32,
  vector_quantization_hidden_dimension: 16,
};
const TINY_DECODER = {
  codebook_dim: 32,
  codebook_size: 64,
  decoder_dim: 64,
  head_dim: 8,
  hidden_size: 32,
  intermediate_size: 48,
  latent_dim: 48,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 4,
  num_quantizers: 6,
  sliding_window: 9,
  vector_quantization_hidden_dimension: 32,
};

/**
 * `config.json` of a size, `full` = the published dimensions or `tiny` = all of them shrunk, with
 * other values of some fields.
 */
export function seededConfig(size, { encoder = {}, decoder = {}, ...top } = {}) {
  const tiny = size === "tiny";
  return {
    architectures: ["Qwen3TTSTokenizerV2Model"],
    model_type: "qwen3_tts_tokenizer_12hz",
    encoder_valid_num_quantizers: tiny ? 6 : 16,
    input_sample_rate: 24000,
    output_sample_rate: 24000,
    encode_downsample_rate: 1920,
    decode_upsample_rate: 1920,
    ...top,
    encoder_config: { ...FULL_ENCODER, ...(tiny ? TINY_ENCODER : {}), ...encoder },
    decoder_config: { ...FULL_DECODER, ...(tiny ? TINY_DECODER : {}), ...decoder },
    dtype: "float32",
  };
}

/**
 * Names and shapes of all tensors, in the order of the file (by name). 496 of them at full size.
 */
export function tensorShapes({ encoder_config: encoder, decoder_config: decoder }) {
  const shapes = [
    ...decoderQuantizer(decoder),
    ...decoderTransformer(decoder),
    ...upsampling(decoder),
    ...waveDecoder(decoder),
    ...seanet(encoder),
    ...encoderTransformer(encoder),
    ...encoderQuantizer(encoder),
  ];
  return new Map(shapes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}

function convolution(name, weight, bias = weight[0]) {
  return [
    [`${name}.weight`, weight],
    [`${name}.bias`, [bias]],
  ];
}

function decoderQuantizer({ codebook_dim: dim, codebook_size: size, num_quantizers: count }) {
  const half = dim / 2;
  const part = (name, layers) => [
    [`decoder.quantizer.${name}.input_proj.weight`, [half, dim, 1]],
    [`decoder.quantizer.${name}.output_proj.weight`, [dim, half, 1]],
    ...range(layers).flatMap((i) => [
      [`decoder.quantizer.${name}.vq.layers.${i}._codebook.cluster_usage`, [size]],
      [`decoder.quantizer.${name}.vq.layers.${i}._codebook.embedding_sum`, [size, half]],
    ]),
  ];
  return [...part("rvq_first", 1), ...part("rvq_rest", count - 1)];
}

function decoderTransformer(d) {
  const prefix = "decoder.pre_transformer";
  const width = d.num_attention_heads * d.head_dim;
  const layer = (p) => [
    ...["q", "k", "v"].map((n) => [`${p}.self_attn.${n}_proj.weight`, [width, d.hidden_size]]),
    [`${p}.self_attn.o_proj.weight`, [d.hidden_size, width]],
    ...["gate", "up"].map((n) => [`${p}.mlp.${n}_proj.weight`, [d.intermediate_size, d.hidden_size]]),
    [`${p}.mlp.down_proj.weight`, [d.hidden_size, d.intermediate_size]],
    ...["input_layernorm", "post_attention_layernorm"].map((n) => [`${p}.${n}.weight`, [d.hidden_size]]),
    ...["self_attn_layer_scale", "mlp_layer_scale"].map((n) => [`${p}.${n}.scale`, [d.hidden_size]]),
  ];
  return [
    ...convolution("decoder.pre_conv.conv", [d.latent_dim, d.codebook_dim, 3]),
    ...convolution(`${prefix}.input_proj`, [d.hidden_size, d.latent_dim]),
    ...convolution(`${prefix}.output_proj`, [d.latent_dim, d.hidden_size]),
    [`${prefix}.norm.weight`, [d.hidden_size]],
    ...range(d.num_hidden_layers).flatMap((i) => layer(`${prefix}.layers.${i}`)),
  ];
}

function upsampling({ upsampling_ratios: ratios, latent_dim: dim }) {
  return ratios.flatMap((ratio, i) => [
    ...convolution(`decoder.upsample.${i}.0.conv`, [dim, dim, ratio], dim),
    ...convolution(`decoder.upsample.${i}.1.dwconv.conv`, [dim, 1, 7]),
    [`decoder.upsample.${i}.1.gamma`, [dim]],
    ...convolution(`decoder.upsample.${i}.1.norm`, [dim]),
    ...convolution(`decoder.upsample.${i}.1.pwconv1`, [4 * dim, dim]),
    ...convolution(`decoder.upsample.${i}.1.pwconv2`, [dim, 4 * dim]),
  ]);
}

function waveDecoder({ decoder_dim: dim, latent_dim: latent, upsample_rates: rates }) {
  const snake = (name, width) => ["alpha", "beta"].map((n) => [`${name}.${n}`, [width]]);
  const unit = (name, width) =>
    [
      [1, 7],
      [2, 1],
    ].flatMap(([n, kernel]) => [...snake(`${name}.act${n}`, width), ...convolution(`${name}.conv${n}.conv`, [width, width, kernel])]);
  const block = (name, from, to, rate) => [
    ...snake(`${name}.0`, from),
    ...convolution(`${name}.1.conv`, [from, to, 2 * rate], to),
    ...[2, 3, 4].flatMap((j) => unit(`${name}.${j}`, to)),
  ];
  const last = dim >> rates.length;
  return [
    ...convolution("decoder.decoder.0.conv", [dim, latent, 7]),
    ...rates.flatMap((rate, i) => block(`decoder.decoder.${i + 1}.block`, dim >> i, dim >> (i + 1), rate)),
    ...snake(`decoder.decoder.${rates.length + 1}`, last),
    ...convolution(`decoder.decoder.${rates.length + 2}.conv`, [1, last, 7]),
  ];
}

function seanet(e) {
  const name = (index) => `encoder.encoder.layers.${index}`;
  const stage = (rate, i) => {
    const width = e.num_filters << i;
    const inner = width / e.compress;
    return [
      ...convolution(`${name(1 + 3 * i)}.block.1.conv`, [inner, width, e.residual_kernel_size]),
      ...convolution(`${name(1 + 3 * i)}.block.3.conv`, [width, inner, 1]),
      ...convolution(`${name(3 + 3 * i)}.conv`, [2 * width, width, 2 * rate]),
    ];
  };
  const stages = e.upsampling_ratios.length;
  return [
    ...convolution(`${name(0)}.conv`, [e.num_filters, 1, e.kernel_size]),
    ...e.upsampling_ratios.toReversed().flatMap(stage),
    ...convolution(`${name(2 + 3 * stages)}.conv`, [e.hidden_size, e.num_filters << stages, e.last_kernel_size]),
    ["encoder.downsample.conv.weight", [e.hidden_size, e.hidden_size, 4]],
  ];
}

function encoderTransformer(e) {
  const width = e.num_attention_heads * e.head_dim;
  const layer = (p) => [
    ...["q", "k", "v"].map((n) => [`${p}.self_attn.${n}_proj.weight`, [width, e.hidden_size]]),
    [`${p}.self_attn.o_proj.weight`, [e.hidden_size, width]],
    [`${p}.mlp.fc1.weight`, [e.intermediate_size, e.hidden_size]],
    [`${p}.mlp.fc2.weight`, [e.hidden_size, e.intermediate_size]],
    ...["input_layernorm", "post_attention_layernorm"].flatMap((n) => convolution(`${p}.${n}`, [e.hidden_size])),
    ...["self_attn_layer_scale", "mlp_layer_scale"].map((n) => [`${p}.${n}.scale`, [e.hidden_size]]),
  ];
  return range(e.num_hidden_layers).flatMap((i) => layer(`encoder.encoder_transformer.layers.${i}`));
}

function encoderQuantizer(e) {
  const dim = e.vector_quantization_hidden_dimension;
  const part = (name, layers) => {
    const prefix = `encoder.quantizer.${name}_residual_vector_quantizer`;
    return [
      [`${prefix}.input_proj.weight`, [dim, e.hidden_size, 1]],
      [`${prefix}.output_proj.weight`, [e.hidden_size, dim, 1]],
      ...range(layers).flatMap((i) => [
        [`${prefix}.layers.${i}.codebook.cluster_usage`, [e.codebook_size]],
        [`${prefix}.layers.${i}.codebook.embed_sum`, [e.codebook_size, e.codebook_dim]],
        [`${prefix}.layers.${i}.codebook.initialized`, [1]],
      ]),
    ];
  };
  return [...part("semantic", e.num_semantic_quantizers), ...part("acoustic", e.num_quantizers - e.num_semantic_quantizers)];
}

/** `count` values of the rule in the head of this file. */
export function uniform(name, count, lo, hi, seed) {
  const key = crc32(name) ^ Math.imul(seed, 0x85ebca6b);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + key) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    out[i] = lo + (hi - lo) * ((h >>> 8) / 2 ** 24);
  }
  return out;
}

/** The values of one tensor. */
export function seededTensor(name, shape, seed) {
  const count = shape.reduce((n, d) => n * d, 1);
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (last === "initialized") return new Float32Array(count).fill(1);
  if (last === "cluster_usage") return seededUsage(name, count, seed);
  if (last === "embedding_sum" || last === "embed_sum") return seededSums(name, shape, seed);
  const [lo, hi] = rangeOf(name, last, shape);
  return uniform(name, count, lo, hi, seed);
}

/** Entry 5 is below the floor of 1e-5, as entries that were never used are. */
function seededUsage(name, count, seed) {
  const usage = uniform(name, count, 0.5, 4, seed);
  usage[5] = 0;
  return usage;
}

/** Sum = mean * usage, in float32; the mean shrinks with the layer, as residuals do. */
function seededSums(name, [size, dim], seed) {
  const usage = seededUsage(name.replace(/[^.]*$/, "cluster_usage"), size, seed);
  const layer = Number(/\.layers\.(\d+)\./.exec(name)[1]);
  const bound = 1.5 * 0.85 ** layer;
  const sums = uniform(name, size * dim, -bound, bound, seed);
  return sums.map((mean, i) => mean * Math.max(usage[Math.floor(i / dim)], Math.fround(1e-5)));
}

function rangeOf(name, last, shape) {
  if (last === "alpha" || last === "beta") return [-0.4, 0.6]; // logarithms
  if (last === "scale" || last === "gamma") return [0.2, 0.6];
  if (name.includes("norm")) return last === "weight" ? [0.7, 1.3] : [-0.1, 0.1];
  if (last === "bias") return [-0.05, 0.05];
  let bound = Math.sqrt(3 / fanIn(name, shape));
  if (name.includes(".conv1.conv") || name.includes(".conv2.conv")) bound *= 0.5; // residual branches
  if (name.endsWith("decoder.6.conv.weight")) bound *= 0.12; // keeps the output inside [-1, 1]
  if (name.includes("encoder.encoder.layers")) bound *= 1.35; // ELU and the small input lose power
  if (name.includes("input_proj") && name.includes("encoder.quantizer")) bound *= 2;
  return [-bound, bound];
}

/**
 * Products that are added up to one output. A transposed convolution's weight is [in, out, kernel].
 */
function fanIn(name, shape) {
  if (name.includes("upsample") && name.includes(".0.conv.weight")) return shape[0];
  if (name.includes("decoder.decoder") && name.includes(".block.1.conv")) return shape[0] * 2;
  return shape.slice(1).reduce((n, d) => n * d, 1);
}

/**
 * Writes `config.json`, `preprocessor_config.json` and `model.safetensors` (float32) of a
 * configuration and a seed.
 */
export function writeSeededCheckpoint(folder, config, seed) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config, undefined, 1));
  writeFileSync(join(folder, "preprocessor_config.json"), JSON.stringify(PREPROCESSOR, undefined, 1));
  const shapes = tensorShapes(config);
  const file = openSync(join(folder, "model.safetensors"), "w");
  try {
    writeSync(file, header(shapes));
    for (const [name, shape] of shapes) writeSync(file, new Uint8Array(seededTensor(name, shape, seed).buffer));
  } finally {
    closeSync(file);
  }
}

const PREPROCESSOR = {
  chunk_length_s: null,
  feature_extractor_type: "EncodecFeatureExtractor",
  feature_size: 1,
  overlap: null,
  padding_side: "right",
  padding_value: 0,
  return_attention_mask: true,
  sampling_rate: 24000,
};

/** Header of the safetensors file, filled up with spaces to a multiple of 8 bytes. */
function header(shapes) {
  const entries = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, shape] of shapes)
    entries[name] = { dtype: "F32", shape, data_offsets: [end, (end += 4 * shape.reduce((n, d) => n * d, 1))] };
  const json = JSON.stringify(entries);
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
  const out = Buffer.alloc(8 + padded.length);
  out.writeBigUInt64LE(BigInt(padded.length));
  out.write(padded, 8, "latin1");
  return out;
}
