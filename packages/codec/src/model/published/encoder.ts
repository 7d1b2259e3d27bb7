/**
 * The encoder of Qwen3-TTS-Tokenizer-12Hz as an ONNX graph: sound -> codes. It is the encoder of
 * Mimi (Defossez et al. 2024, section 3.3.1).
 */
import { type AttentionShape, planAttention, selfAttention, type AttentionPlan } from "../../graph/attention.ts";
import type { Graph, Value, WeightSource } from "../../graph/builder.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { causalConv, causalConvReplicate, toChannels, toRows } from "../../graph/convolution.ts";
import { layerNorm } from "../../graph/layers.ts";
import { nearestEntries, codebookEntries } from "../../graph/quantizer.ts";
import type { PublishedConfig, PublishedEncoderConfig } from "./config.ts";

/**
 * Graph with inputs `pcm` `[S]` float32 and `window` `[1]` int64 (steps of 25 Hz that a step's
 * attention sees, itself included) and output `codes` `[T, layers]` int64, T = ceil(S / 1920).
 * Whole frames may be followed by more; a part of a frame ends the clip.
 * @param taps also give what leaves each stage: `encoder` and `downsample` `[C, T]`,
 * `encoder_transformer` `[T, C]`
 */
export function buildPublishedEncoder({ encoder: c, layers }: PublishedConfig, weights: WeightSource, taps = false): Graph {
  const b = new GraphBuilder(weights);
  const pcm = b.reshape(b.input("pcm", "float32", ["S"]), 1, 1, 1, -1);
  const window = b.input("window", "int64", [1]);
  const sound = seanet(b, pcm, c);
  const mixed = transformer(b, toRows(b, sound, c.hiddenSize), window, c);
  const channels = toChannels(b, mixed, c.hiddenSize);
  const down = causalConvReplicate(b, channels, "encoder.downsample.conv", {
    from: c.hiddenSize,
    to: c.hiddenSize,
    kernel: 4,
    stride: 2,
    bias: false,
  });
  b.output("codes", quantize(b, toRows(b, down, c.hiddenSize), c, layers), "int64", ["T", layers]);
  if (taps) {
    b.output("encoder", b.reshape(sound, c.hiddenSize, -1), "float32", [c.hiddenSize, "S25"]);
    b.output("encoder_transformer", mixed, "float32", ["S25", c.hiddenSize]);
    b.output("downsample", b.reshape(down, c.hiddenSize, -1), "float32", [c.hiddenSize, "T"]);
  }
  return b.finish();
}

/**
 * SEANet encoder (Tagliasacchi et al. 2020, section 2.2): `[1, 1, 1, S]` ->
 * `[1, hidden, 1, S / 960]`.
 */
function seanet(b: GraphBuilder, pcm: Value, c: PublishedEncoderConfig): Value {
  const name = (index: number): string => `encoder.encoder.layers.${index}`;
  let x = causalConv(b, pcm, `${name(0)}.conv`, { from: 1, to: c.filters, kernel: 7 });
  let index = 1;
  let width = c.filters;
  for (const stride of c.strides) {
    x = b.op("Elu", [residual(b, x, name(index), width)]);
    x = causalConv(b, x, `${name(index + 2)}.conv`, { from: width, to: 2 * width, kernel: 2 * stride, stride });
    width *= 2;
    index += 3;
  }
  return causalConv(b, b.op("Elu", [x]), `${name(index + 1)}.conv`, { from: width, to: c.hiddenSize, kernel: 3 });
}

function residual(b: GraphBuilder, x: Value, prefix: string, width: number): Value {
  const inner = causalConv(b, b.op("Elu", [x]), `${prefix}.block.1.conv`, { from: width, to: width / 2, kernel: 3 });
  return b.op("Add", [x, causalConv(b, b.op("Elu", [inner]), `${prefix}.block.3.conv`, { from: width / 2, to: width, kernel: 1 })]);
}

function transformer(b: GraphBuilder, x: Value, window: Value, c: PublishedEncoderConfig): Value {
  const shape: AttentionShape = { dim: c.hiddenSize, heads: c.heads, headDim: c.headDim, theta: c.ropeTheta };
  const plan = planAttention(b, x, window, shape);
  return Array.from({ length: c.transformerLayers }).reduce<Value>(
    (y, _, i) => transformerLayer(b, y, `encoder.encoder_transformer.layers.${i}`, c, plan),
    x,
  );
}

function transformerLayer(b: GraphBuilder, x: Value, prefix: string, c: PublishedEncoderConfig, plan: AttentionPlan): Value {
  const scaled = (y: Value, name: string): Value => b.op("Mul", [y, b.weight(`${prefix}.${name}.scale`, [c.hiddenSize])]);
  const attended = selfAttention(b, layerNorm(b, x, `${prefix}.input_layernorm`, c.hiddenSize, c.normEpsilon), `${prefix}.self_attn`, plan);
  const y = b.op("Add", [x, scaled(attended, "self_attn_layer_scale")]);
  const inner = b.op(
    "Gemm",
    [
      layerNorm(b, y, `${prefix}.post_attention_layernorm`, c.hiddenSize, c.normEpsilon),
      b.weight(`${prefix}.mlp.fc1.weight`, [c.intermediateSize, c.hiddenSize]),
    ],
    { transB: 1 },
  );
  const outer = b.op("Gemm", [b.op("Gelu", [inner]), b.weight(`${prefix}.mlp.fc2.weight`, [c.hiddenSize, c.intermediateSize])], {
    transB: 1,
  });
  return b.op("Add", [y, scaled(outer, "mlp_layer_scale")]);
}

/**
 * Split residual quantizer (Mimi, section 3.3.2): one semantic layer, and the acoustic layers, both
 * on the same embedding `[T, hidden]` -> codes `[T, layers]`.
 */
function quantize(b: GraphBuilder, x: Value, c: PublishedEncoderConfig, layers: number): Value {
  const part = (name: string, count: number): Value[] => {
    const prefix = `encoder.quantizer.${name}_residual_vector_quantizer`;
    const projected = b.op(
      "Gemm",
      [x, b.weight(`${prefix}.input_proj.weight`, [c.quantizerDim, c.hiddenSize, 1], [c.quantizerDim, c.hiddenSize])],
      { transB: 1 },
    );
    const entries = (i: number): Value =>
      codebookEntries(
        b,
        `${prefix}.layers.${i}.codebook.cluster_usage`,
        `${prefix}.layers.${i}.codebook.embed_sum`,
        c.codebookSize,
        c.codebookDim,
      );
    return nearestEntries(
      b,
      projected,
      Array.from({ length: count }, (_, i) => entries(i)),
    );
  };
  return b.op("Concat", [...part("semantic", 1), ...part("acoustic", layers - 1)], { axis: 1 });
}
