/** The encoder of Qwen3-TTS-Tokenizer-12Hz as launches on a graphics card: sound -> codes. */
import { PlanBuilder, type Plan, type Ring, type Weight } from "../../gpu/plan.ts";
import type { ModelWeights } from "../weights.ts";
import type { PublishedConfig, PublishedEncoderConfig } from "./config.ts";
import { selfAttention } from "./graphics-attention.ts";
import { Checkpoint, turns } from "./graphics-weights.ts";

/**
 * All launches of the encoder, with attention over the window of the configuration. The weights are
 * read when the plan is loaded.
 * @param weights where they are fetched from afar, they must have been fetched by then
 * @param longestWindow most steps of 25 Hz that attention of any stream may see
 */
export function planPublishedEncoder(config: PublishedConfig, weights: ModelWeights, longestWindow: number): Plan {
  const { encoder: c, layers, samplesPerFrame } = config;
  const b = new PlanBuilder();
  const w = new Checkpoint(weights);
  const mixed = transformer(b, w, seanet(b, w, b.sound(samplesPerFrame), c), c, longestWindow);
  const down = b.convolution(mixed, w.strided("encoder.downsample.conv", c.hiddenSize, c.hiddenSize, 2, 2), c.hiddenSize, {
    kernel: 2,
    stride: 2,
    edge: "repeated",
  });
  const parts = ["semantic", "acoustic"].map((part) =>
    w.tensor(`encoder.quantizer.${part}_residual_vector_quantizer.input_proj.weight`, c.quantizerDim, c.hiddenSize, 1),
  );
  const projected = b.rows(down, w.stacked(...parts), 2 * c.quantizerDim);
  const shape = { layers, entries: c.codebookSize, width: c.quantizerDim };
  return b.finish(b.search(projected, w.searchedBooks(layers, c.codebookSize, c.quantizerDim), shape), layers);
}

interface ConvolutionSettings {
  readonly to: number;
  /** Of one with a stride, in strides. */
  readonly kernel: number;
  readonly stride?: number;
  readonly elu?: boolean;
  readonly residual?: Ring;
}

function convolution(b: PlanBuilder, w: Checkpoint, x: Ring, name: string, settings: ConvolutionSettings): Ring {
  const { to, kernel, stride = 1 } = settings;
  return b.convolution(x, w.strided(name, x.channels, to, kernel, stride), to, { ...settings, bias: w.tensor(`${name}.bias`, to) });
}

/** Residual units and convolutions with a stride; every convolution but the first takes ELUs. */
function seanet(b: PlanBuilder, w: Checkpoint, sound: Ring, c: PublishedEncoderConfig): Ring {
  const name = (index: number): string => `encoder.encoder.layers.${index}`;
  let y = convolution(b, w, sound, `${name(0)}.conv`, { to: c.filters, kernel: 7 });
  for (const [i, stride] of c.strides.entries()) {
    const unit = `${name(1 + 3 * i)}.block`;
    const inner = convolution(b, w, y, `${unit}.1.conv`, { to: y.channels / 2, kernel: 3, elu: true });
    const sum = convolution(b, w, inner, `${unit}.3.conv`, { to: y.channels, kernel: 1, elu: true, residual: y });
    y = convolution(b, w, sum, `${name(3 + 3 * i)}.conv`, { to: 2 * y.channels, kernel: 2, stride, elu: true });
  }
  return convolution(b, w, y, `${name(2 + 3 * c.strides.length)}.conv`, { to: c.hiddenSize, kernel: 3, elu: true });
}

function transformer(b: PlanBuilder, w: Checkpoint, x: Ring, c: PublishedEncoderConfig, longestWindow: number): Ring {
  const angles = turns(Math.max(longestWindow, c.slidingWindow), c.headDim, c.ropeTheta);
  let y = x;
  for (let i = 0; i < c.transformerLayers; i++) y = transformerLayer(b, w, y, `encoder.encoder_transformer.layers.${i}`, c, angles);
  return y;
}

function transformerLayer(b: PlanBuilder, w: Checkpoint, x: Ring, prefix: string, c: PublishedEncoderConfig, angles: Weight): Ring {
  const norm = (y: Ring, name: string): Ring =>
    b.norm(y, w.tensor(`${prefix}.${name}.weight`, c.hiddenSize), c.normEpsilon, {
      shift: w.tensor(`${prefix}.${name}.bias`, c.hiddenSize),
    });
  const matrix = (name: string, to: number, from: number): Weight => w.tensor(`${prefix}.mlp.${name}.weight`, to, from);
  const y = selfAttention(b, w, x, { prefix, norm: norm(x, "input_layernorm"), c, angles });
  const inner = b.rows(norm(y, "post_attention_layernorm"), matrix("fc1", c.intermediateSize, c.hiddenSize), c.intermediateSize, {
    gelu: true,
  });
  return b.rows(inner, matrix("fc2", c.hiddenSize, c.intermediateSize), c.hiddenSize, {
    scale: w.tensor(`${prefix}.mlp_layer_scale.scale`, c.hiddenSize),
    residual: y,
  });
}
