/** The decoder of Qwen3-TTS-Tokenizer-12Hz as launches on a graphics card: codes -> sound. */
import { PlanBuilder, type Plan, type Ring, type Weight } from "../../gpu/plan.ts";
import type { ModelWeights } from "../weights.ts";
import type { PublishedConfig, PublishedDecoderConfig } from "./config.ts";
import { CONVNEXT_EPSILON, DILATIONS } from "./decoder.ts";
import { selfAttention } from "./graphics-attention.ts";
import { Checkpoint, turns } from "./graphics-weights.ts";

/**
 * All launches of the decoder. The weights are read when the plan is loaded.
 * @param weights where they are fetched from afar, they must have been fetched by then
 * @param halves whether the card keeps matrices as floats of 16 bits; codebooks, biases, norms and
 * factors of SnakeBeta never
 */
export function planPublishedDecoder({ decoder: c, layers }: PublishedConfig, weights: ModelWeights, halves = false): Plan {
  const b = new PlanBuilder(halves);
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
  return b.convolution(x, w.strided(name, x.channels, to, kernel, 1), to, {
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
  const angles = turns(c.slidingWindow, c.headDim, c.ropeTheta);
  let y = linear(b, w, x, `${prefix}.input_proj`, c.hiddenSize);
  for (let i = 0; i < c.transformerLayers; i++) y = transformerLayer(b, w, y, `${prefix}.layers.${i}`, c, angles);
  return linear(b, w, b.norm(y, w.tensor(`${prefix}.norm.weight`, c.hiddenSize), c.normEpsilon), `${prefix}.output_proj`, c.latentDim);
}

function transformerLayer(b: PlanBuilder, w: Checkpoint, x: Ring, prefix: string, c: PublishedDecoderConfig, angles: Weight): Ring {
  const norm = (y: Ring, name: string): Ring => b.norm(y, w.tensor(`${prefix}.${name}.weight`, c.hiddenSize), c.normEpsilon);
  const matrix = (name: string, to: number, from: number): Weight => w.tensor(`${prefix}.mlp.${name}_proj.weight`, to, from);
  const y = selfAttention(b, w, x, { prefix, norm: norm(x, "input_layernorm"), c, angles });
  const both = w.stacked(...["gate", "up"].map((part) => matrix(part, c.intermediateSize, c.hiddenSize)));
  const inner = b.rows(norm(y, "post_attention_layernorm"), both, c.intermediateSize, { gated: true });
  return b.rows(inner, matrix("down", c.hiddenSize, c.intermediateSize), c.hiddenSize, {
    scale: w.tensor(`${prefix}.mlp_layer_scale.scale`, c.hiddenSize),
    residual: y,
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
