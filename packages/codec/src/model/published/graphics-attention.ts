import type { PlanBuilder, Ring, Weight } from "../../gpu/plan.ts";
import type { Checkpoint } from "./graphics-weights.ts";

interface AttentionConfig {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly headDim: number;
  readonly slidingWindow: number;
}

/** Self-attention of a transformer's layer, scaled and added to what it began with. */
export function selfAttention(
  b: PlanBuilder,
  w: Checkpoint,
  x: Ring,
  { prefix, norm, c, angles }: { readonly prefix: string; readonly norm: Ring; readonly c: AttentionConfig; readonly angles: Weight },
): Ring {
  const width = c.heads * c.headDim;
  const matrix = (name: string, to: number, from: number): Weight => w.tensor(`${prefix}.self_attn.${name}_proj.weight`, to, from);
  const three = w.stacked(...["q", "k", "v"].map((part) => matrix(part, width, c.hiddenSize)));
  const { heads, headDim, slidingWindow: window } = c;
  const attended = b.attention(b.rows(norm, three, 3 * width), angles, { heads, headDim, window });
  return b.rows(attended, matrix("o", c.hiddenSize, width), c.hiddenSize, {
    scale: w.tensor(`${prefix}.self_attn_layer_scale.scale`, c.hiddenSize),
    residual: x,
  });
}
