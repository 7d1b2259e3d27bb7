/** The decoder of Qwen3-TTS-Tokenizer-12Hz as launches on a graphics card: codes -> sound. */
import { PlanBuilder, type Plan, type Ring, type Weight } from "../../gpu/plan.ts";
import type { ModelWeights } from "../weights.ts";
import type { PublishedConfig, PublishedDecoderConfig } from "./config.ts";
import { CONVNEXT_EPSILON, codebookPrefix, DILATIONS } from "./decoder.ts";

/** Weights of the checkpoint, in the shapes that the kernels want. */
class Checkpoint {
  readonly #weights: ModelWeights;

  constructor(weights: ModelWeights) {
    this.#weights = weights;
  }

  /** As it is stored. */
  tensor(name: string, ...dims: number[]): Weight {
    return { length: dims.reduce((a, b) => a * b, 1), read: () => this.floats(name, dims) };
  }

  /** Several, one after another. */
  stacked(...weights: readonly Weight[]): Weight {
    const length = weights.reduce((sum, weight) => sum + weight.length, 0);
    return weight(length, (out) => weights.reduce((at, { read, length: part }) => (out.set(read(), at), at + part), 0));
  }

  /** `[to, from, kernel]` -> `[from, kernel, to]`. */
  convolution(name: string, from: number, to: number, kernel: number): Weight {
    const taps = from * kernel;
    return weight(to * taps, (out) => {
      const stored = this.floats(`${name}.weight`, [to, from, kernel]);
      for (let m = 0; m < to; m++) for (let i = 0; i < taps; i++) out[i * to + m] = stored[m * taps + i];
    });
  }

  /**
   * A transposed convolution `[from, to, kernel]` as a plain one to `to * stride` rows: of the
   * kernel, tap q of output `t stride + j` meets input `t - floor(q / stride)`, where j = q mod
   * stride.
   */
  transposed(name: string, from: number, to: number, kernel: number, stride: number): Weight {
    const taps = kernel / stride;
    return weight(from * to * kernel, (out) => {
      const stored = this.floats(`${name}.weight`, [from, to, kernel]);
      for (let c = 0; c < from; c++) {
        for (let m = 0; m < to; m++) {
          for (let q = 0; q < kernel; q++) {
            const tap = taps - 1 - Math.floor(q / stride);
            out[(c * taps + tap) * to * stride + m * stride + (q % stride)] = stored[(c * to + m) * kernel + q];
          }
        }
      }
    });
  }

  /** SnakeBeta's two factors, of the logarithms that are stored: `exp` stays off the card. */
  snake(name: string, channels: number): Weight {
    return weight(2 * channels, (out) => {
      const [alpha, beta] = ["alpha", "beta"].map((part) => this.floats(`${name}.${part}`, [channels]));
      for (let c = 0; c < channels; c++) {
        out[c] = Math.exp(alpha[c]);
        out[channels + c] = 1 / (Math.exp(beta[c]) + 1e-9);
      }
    });
  }

  /** Entries of all codebooks: sums over usage, `[layers, entries, width]`. */
  codebooks(layers: number, entries: number, width: number): Weight {
    return weight(layers * entries * width, (out) => {
      for (let layer = 0; layer < layers; layer++) {
        const usage = this.floats(`${codebookPrefix(layer)}.cluster_usage`, [entries]);
        const sums = this.floats(`${codebookPrefix(layer)}.embedding_sum`, [entries, width]);
        for (let i = 0; i < sums.length; i++) out[layer * sums.length + i] = sums[i] / Math.max(usage[Math.floor(i / width)], LEAST_USAGE);
      }
    });
  }

  /** The projections of both parts of the quantizer side by side: `[dim, 2 width]`. */
  projections(dim: number, width: number): Weight {
    return weight(2 * dim * width, (out) => {
      ["rvq_first", "rvq_rest"].forEach((part, half) => {
        const stored = this.floats(`decoder.quantizer.${part}.output_proj.weight`, [dim, width, 1]);
        for (let m = 0; m < dim; m++) out.set(stored.subarray(m * width, (m + 1) * width), (2 * m + half) * width);
      });
    });
  }

  /** Floats of a tensor, int8 times its scales. */
  floats(name: string, dims: readonly number[]): Float32Array {
    const { data, scales } = this.#weights.numbers(name, dims);
    if (!scales) return Float32Array.from(data);
    const each = data.length / scales.length;
    return Float32Array.from(data, (x, i) => x * scales[Math.floor(i / each)]);
  }
}

/** The usage of an entry that was never used (qwen-tts 0.1.1, EuclideanCodebook). */
const LEAST_USAGE = Math.fround(1e-5);

function weight(length: number, fill: (out: Float32Array) => void): Weight {
  return {
    length,
    read() {
      const out = new Float32Array(length);
      fill(out);
      return out;
    },
  };
}

/**
 * All launches of the decoder. The weights are read when the plan is loaded.
 * @param weights where they are fetched from afar, they must have been fetched by then
 */
export function planPublishedDecoder({ decoder: c, layers }: PublishedConfig, weights: ModelWeights): Plan {
  const b = new PlanBuilder();
  const w = new Checkpoint(weights);
  const half = c.codebookDim / 2;
  const sums = b.lookup(w.codebooks(layers, c.codebookSize, half), { layers, entries: c.codebookSize, width: half });
  const embedded = b.rows(sums, w.projections(c.codebookDim, half), c.codebookDim);
  const latent = convolution(b, w, embedded, "decoder.pre_conv.conv", { to: c.latentDim, kernel: 3 });
  const mixed = transformer(b, w, latent, c);
  const fine = c.upsamplingRatios.reduce((x, ratio, i) => upsample(b, w, x, `decoder.upsample.${i}`, ratio), mixed);
  return b.finish(waveDecoder(b, w, fine, c), layers);
}

interface ConvolutionSettings {
  readonly to: number;
  readonly kernel: number;
  readonly dilation?: number;
  readonly snake?: string;
  readonly residual?: Ring;
  readonly clip?: boolean;
}

function convolution(b: PlanBuilder, w: Checkpoint, x: Ring, name: string, settings: ConvolutionSettings): Ring {
  const { to, kernel, snake, ...rest } = settings;
  return b.convolution(x, w.convolution(name, x.channels, to, kernel), to, {
    ...rest,
    kernel,
    bias: w.tensor(`${name}.bias`, to),
    snake: snake === undefined ? undefined : w.snake(snake, x.channels),
  });
}

function linear(b: PlanBuilder, w: Checkpoint, x: Ring, name: string, to: number, options: { gelu?: boolean } = {}): Ring {
  return b.rows(x, w.tensor(`${name}.weight`, to, x.channels), to, { bias: w.tensor(`${name}.bias`, to), ...options });
}

function transformer(b: PlanBuilder, w: Checkpoint, x: Ring, c: PublishedDecoderConfig): Ring {
  const prefix = "decoder.pre_transformer";
  const turns = turnsOf(c);
  let y = linear(b, w, x, `${prefix}.input_proj`, c.hiddenSize);
  for (let i = 0; i < c.transformerLayers; i++) y = transformerLayer(b, w, y, `${prefix}.layers.${i}`, c, turns);
  return linear(b, w, b.norm(y, w.tensor(`${prefix}.norm.weight`, c.hiddenSize), c.normEpsilon), `${prefix}.output_proj`, c.latentDim);
}

function transformerLayer(b: PlanBuilder, w: Checkpoint, x: Ring, prefix: string, c: PublishedDecoderConfig, turns: Weight): Ring {
  const width = c.heads * c.headDim;
  const norm = (y: Ring, name: string): Ring => b.norm(y, w.tensor(`${prefix}.${name}.weight`, c.hiddenSize), c.normEpsilon);
  const matrix = (name: string, to: number, from: number): Weight => w.tensor(`${prefix}.${name}_proj.weight`, to, from);
  const scale = (name: string): Weight => w.tensor(`${prefix}.${name}.scale`, c.hiddenSize);
  const three = w.stacked(...["q", "k", "v"].map((part) => matrix(`self_attn.${part}`, width, c.hiddenSize)));
  const attended = b.attention(b.rows(norm(x, "input_layernorm"), three, 3 * width), turns, {
    heads: c.heads,
    headDim: c.headDim,
    window: c.slidingWindow,
  });
  const y = b.rows(attended, matrix("self_attn.o", c.hiddenSize, width), c.hiddenSize, {
    scale: scale("self_attn_layer_scale"),
    residual: x,
  });
  const both = w.stacked(...["gate", "up"].map((part) => matrix(`mlp.${part}`, c.intermediateSize, c.hiddenSize)));
  const inner = b.rows(norm(y, "post_attention_layernorm"), both, c.intermediateSize, { gated: true });
  return b.rows(inner, matrix("mlp.down", c.hiddenSize, c.intermediateSize), c.hiddenSize, {
    scale: scale("mlp_layer_scale"),
    residual: y,
  });
}

/** Cosines and sines of the rotary positions, by distance (Su et al. 2021, equation 15), made in double. */
function turnsOf({ headDim, slidingWindow, ropeTheta }: PublishedDecoderConfig): Weight {
  const half = headDim / 2;
  return weight(slidingWindow * headDim, (out) => {
    for (let distance = 0; distance < slidingWindow; distance++) {
      for (let i = 0; i < half; i++) {
        const angle = distance * ropeTheta ** (-i / half);
        out[distance * headDim + i] = Math.cos(angle);
        out[distance * headDim + half + i] = Math.sin(angle);
      }
    }
  });
}

/** Transposed convolution and ConvNeXt block. */
function upsample(b: PlanBuilder, w: Checkpoint, x: Ring, prefix: string, ratio: number): Ring {
  const { channels } = x;
  const block = `${prefix}.1`;
  const spread = b.convolution(x, w.transposed(`${prefix}.0.conv`, channels, channels, ratio, ratio), channels, {
    up: ratio,
    bias: w.tensor(`${prefix}.0.conv.bias`, channels),
  });
  const normed = b.norm(spread, w.tensor(`${block}.norm.weight`, channels), CONVNEXT_EPSILON, {
    shift: w.tensor(`${block}.norm.bias`, channels),
    taps: w.tensor(`${block}.dwconv.conv.weight`, channels, 1, 7),
    tapBias: w.tensor(`${block}.dwconv.conv.bias`, channels),
  });
  const inner = linear(b, w, normed, `${block}.pwconv1`, 4 * channels, { gelu: true });
  return b.rows(inner, w.tensor(`${block}.pwconv2.weight`, channels, 4 * channels), channels, {
    bias: w.tensor(`${block}.pwconv2.bias`, channels),
    scale: w.tensor(`${block}.gamma`, channels),
    residual: spread,
  });
}

function waveDecoder(b: PlanBuilder, w: Checkpoint, x: Ring, c: PublishedDecoderConfig): Ring {
  const name = (i: number): string => `decoder.decoder.${i}`;
  let y = convolution(b, w, x, `${name(0)}.conv`, { to: c.decoderDim, kernel: 7 });
  for (const [i, stride] of c.upsampleRates.entries()) y = waveBlock(b, w, y, `${name(i + 1)}.block`, stride);
  const last = c.upsampleRates.length + 1;
  return convolution(b, w, y, `${name(last + 1)}.conv`, { to: 1, kernel: 7, snake: name(last), clip: true });
}

/** SnakeBeta and transposed convolution to half the channels, then residual units. */
function waveBlock(b: PlanBuilder, w: Checkpoint, x: Ring, prefix: string, stride: number): Ring {
  const to = x.channels / 2;
  const spread = b.convolution(x, w.transposed(`${prefix}.1.conv`, x.channels, to, 2 * stride, stride), to, {
    kernel: 2,
    up: stride,
    bias: w.tensor(`${prefix}.1.conv.bias`, to),
    snake: w.snake(`${prefix}.0`, x.channels),
  });
  return DILATIONS.reduce((y, dilation, i) => {
    const unit = `${prefix}.${i + 2}`;
    const inner = convolution(b, w, y, `${unit}.conv1.conv`, { to, kernel: 7, dilation, snake: `${unit}.act1` });
    return convolution(b, w, inner, `${unit}.conv2.conv`, { to, kernel: 1, snake: `${unit}.act2`, residual: y });
  }, spread);
}
