/**
 * Configuration of Qwen3-TTS-Tokenizer-12Hz: the fields of its `config.json` that shape the
 * network. All others are checked against the one value that this code builds.
 */
import { CodecError, describeJson } from "../../errors.ts";

/** Value of `model_type` in the published `config.json`. */
export const PUBLISHED_MODEL_TYPE = "qwen3_tts_tokenizer_12hz";

/** The encoder: SEANet, transformer, downsampling, split residual quantizer. */
export interface PublishedEncoderConfig {
  readonly filters: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly headDim: number;
  readonly transformerLayers: number;
  /** Steps of 25 Hz that a step sees in `windowed` attention. */
  readonly slidingWindow: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  readonly codebookSize: number;
  readonly codebookDim: number;
  /** Layers of the checkpoint; fewer are used. */
  readonly quantizers: number;
  readonly quantizerDim: number;
  /** Strides in the order in which the sound meets them. */
  readonly strides: readonly number[];
}

/** The decoder: split residual quantizer, transformer, upsampling, wave decoder. */
export interface PublishedDecoderConfig {
  readonly codebookDim: number;
  readonly codebookSize: number;
  readonly quantizers: number;
  readonly latentDim: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly headDim: number;
  readonly transformerLayers: number;
  readonly slidingWindow: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  readonly decoderDim: number;
  readonly upsamplingRatios: readonly number[];
  readonly upsampleRates: readonly number[];
}

/** The whole configuration. */
export interface PublishedConfig {
  /** Layers that the codec gives. */
  readonly layers: number;
  readonly sampleRate: number;
  readonly samplesPerFrame: number;
  readonly encoder: PublishedEncoderConfig;
  readonly decoder: PublishedDecoderConfig;
}

/** Fields with one value that this code builds. A field that is missing has that value. */
const FIXED = {
  top: { input_sample_rate: 24000, output_sample_rate: 24000, encode_downsample_rate: 1920, decode_upsample_rate: 1920 },
  encoder: {
    frame_rate: 12.5,
    attention_bias: false,
    audio_channels: 1,
    compress: 2,
    dilation_growth_rate: 2,
    hidden_act: "gelu",
    kernel_size: 7,
    last_kernel_size: 3,
    normalize: false,
    num_residual_layers: 1,
    num_semantic_quantizers: 1,
    pad_mode: "constant",
    residual_kernel_size: 3,
    sampling_rate: 24000,
    trim_right_ratio: 1,
    upsampling_ratios: [8, 6, 5, 4],
    use_causal_conv: true,
    use_conv_shortcut: false,
    max_position_embeddings: 8000,
  },
  decoder: {
    attention_bias: false,
    hidden_act: "silu",
    num_semantic_quantizers: 1,
    upsample_rates: [8, 5, 4, 3],
    upsampling_ratios: [2, 2],
    max_position_embeddings: 8000,
  },
} as const;

/** Largest value of a size: bounds what a bad file can make us allocate. */
const LARGEST_SIZE = 65536;

/**
 * Most layers and entries that {@link Codes} hold; both parts of the quantizer have a layer, so
 * there are at least 2.
 */
const MOST_LAYERS = 64;
const MOST_ENTRIES = 32768;

/** One section of the file, with a path for messages. */
class Section {
  readonly #json: Record<string, unknown>;
  readonly #path: string;

  constructor(json: unknown, path: string) {
    if (json === null || typeof json !== "object" || Array.isArray(json)) throw bad(path || "the file", json, "an object");
    this.#json = json as Record<string, unknown>;
    this.#path = path;
  }

  section(field: string): Section {
    return new Section(this.#json[field], field);
  }

  size(field: string): number {
    const value = this.#json[field];
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > LARGEST_SIZE)
      throw bad(this.#name(field), value, `a whole number from 1 to ${LARGEST_SIZE}`);
    return value;
  }

  evenSize(field: string): number {
    const value = this.size(field);
    if (value % 2 !== 0) throw bad(this.#name(field), value, "an even number");
    return value;
  }

  positive(field: string): number {
    const value = this.#json[field];
    if (typeof value !== "number" || !(value > 0 && Number.isFinite(value))) throw bad(this.#name(field), value, "a positive number");
    return value;
  }

  mustBe(values: Readonly<Record<string, unknown>>): void {
    for (const [field, wanted] of Object.entries(values)) {
      const found = this.#json[field];
      if (found !== undefined && JSON.stringify(found) !== JSON.stringify(wanted))
        throw bad(this.#name(field), found, JSON.stringify(wanted));
    }
  }

  #name(field: string): string {
    return this.#path ? `${this.#path}.${field}` : field;
  }
}

function bad(field: string, found: unknown, wanted: string): CodecError {
  return new CodecError(
    "bad-model",
    `Cannot use this config.json of Qwen3-TTS-Tokenizer-12Hz: ${field} is ${describeJson(found)}, it must be ${wanted}; get the model again`,
  );
}

/**
 * Reads the published `config.json`.
 * @throws CodecError `bad-model` naming the first field that is missing, out of range or of a value
 * that this code does not build
 */
export function parsePublishedConfig(json: Record<string, unknown>): PublishedConfig {
  const top = new Section(json, "");
  top.mustBe({ model_type: PUBLISHED_MODEL_TYPE, ...FIXED.top });
  const encoder = encoderConfig(top.section("encoder_config"));
  const decoder = decoderConfig(top.section("decoder_config"));
  const layers = top.size("encoder_valid_num_quantizers");
  if (layers !== decoder.quantizers)
    throw bad("encoder_valid_num_quantizers", layers, `decoder_config.num_quantizers (${decoder.quantizers})`);
  if (layers < 2 || layers > MOST_LAYERS) throw bad("encoder_valid_num_quantizers", layers, `from 2 to ${MOST_LAYERS}`);
  if (layers > encoder.quantizers)
    throw bad("encoder_valid_num_quantizers", layers, `at most encoder_config.num_quantizers (${encoder.quantizers})`);
  if (encoder.codebookSize > MOST_ENTRIES) throw bad("encoder_config.codebook_size", encoder.codebookSize, `at most ${MOST_ENTRIES}`);
  if (encoder.codebookSize !== decoder.codebookSize)
    throw bad("decoder_config.codebook_size", decoder.codebookSize, `encoder_config.codebook_size (${encoder.codebookSize})`);
  return { layers, sampleRate: 24000, samplesPerFrame: 1920, encoder, decoder };
}

function encoderConfig(section: Section): PublishedEncoderConfig {
  section.mustBe(FIXED.encoder);
  section.mustBe({
    num_key_value_heads: section.size("num_attention_heads"),
    upsample_groups: section.size("hidden_size"),
    vector_quantization_hidden_dimension: section.size("codebook_dim"),
  });
  return {
    filters: section.size("num_filters"),
    hiddenSize: section.size("hidden_size"),
    intermediateSize: section.size("intermediate_size"),
    heads: section.size("num_attention_heads"),
    headDim: section.evenSize("head_dim"),
    transformerLayers: section.size("num_hidden_layers"),
    slidingWindow: section.size("sliding_window"),
    ropeTheta: section.positive("rope_theta"),
    normEpsilon: section.positive("norm_eps"),
    codebookSize: section.size("codebook_size"),
    codebookDim: section.size("codebook_dim"),
    quantizers: section.size("num_quantizers"),
    quantizerDim: section.size("vector_quantization_hidden_dimension"),
    strides: [...FIXED.encoder.upsampling_ratios].reverse(),
  };
}

function decoderConfig(section: Section): PublishedDecoderConfig {
  section.mustBe(FIXED.decoder);
  section.mustBe({ num_key_value_heads: section.size("num_attention_heads") });
  return {
    codebookDim: section.evenSize("codebook_dim"),
    codebookSize: section.size("codebook_size"),
    quantizers: section.size("num_quantizers"),
    latentDim: section.size("latent_dim"),
    hiddenSize: section.size("hidden_size"),
    intermediateSize: section.size("intermediate_size"),
    heads: section.size("num_attention_heads"),
    headDim: section.evenSize("head_dim"),
    transformerLayers: section.size("num_hidden_layers"),
    slidingWindow: section.size("sliding_window"),
    ropeTheta: section.positive("rope_theta"),
    normEpsilon: section.positive("rms_norm_eps"),
    decoderDim: section.size("decoder_dim"),
    upsamplingRatios: FIXED.decoder.upsampling_ratios,
    upsampleRates: FIXED.decoder.upsample_rates,
  };
}
