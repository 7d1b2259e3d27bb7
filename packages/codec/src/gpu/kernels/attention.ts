/** Attention of a step to itself and those before it, as far as a window goes. */
import type { AttentionShape, Step } from "../plan.ts";
import { bindings, constants, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/**
 * A workgroup makes one head of one step. Queries and keys are turned against each other by their
 * distance alone (Su et al. 2021, equation 16), so that keys lie in their ring as they were made and
 * no position ever grows large. The softmax is taken less the largest score.
 */
const MAIN = `
var<workgroup> scores: array<f32, WINDOW>;
var<workgroup> parts: array<f32, 64>;

fn ring(row: u32, at: u32, base: u32) -> f32 { return x[base + row * n.X_CAP + (at & (n.X_CAP - 1u))]; }

fn score(head: u32, at: u32, back: u32, base: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < HALF; i++) {
    let q1 = ring(head + i, at, base);
    let q2 = ring(head + HALF + i, at, base);
    let k1 = ring(HEADS_WIDTH + head + i, at - back, base);
    let k2 = ring(HEADS_WIDTH + head + HALF + i, at - back, base);
    sum += (q1 * k1 + q2 * k2) * turns[back * HEAD_DIM + i] - (q2 * k1 - q1 * k2) * turns[back * HEAD_DIM + HALF + i];
  }
  return sum * SCALE;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  if (group.y >= stream.frames) { return; }
  let at = stream.position + group.y;
  let head = group.x * HEAD_DIM;
  let base = stream.slot * 3u * HEADS_WIDTH * n.X_CAP;
  let visible = min(WINDOW, stream.seen + group.y + 1u);
  var high = -1e30;
  for (var back = lane; back < visible; back += 64u) {
    scores[back] = score(head, at, back, base);
    high = max(high, scores[back]);
  }
  parts[lane] = high;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) { parts[lane] = max(parts[lane], parts[lane + half]); }
    workgroupBarrier();
  }
  high = parts[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var back = lane; back < visible; back += 64u) {
    scores[back] = exp(scores[back] - high);
    sum += scores[back];
  }
  parts[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  for (var i = lane; i < HEAD_DIM; i += 64u) {
    var value = 0.0;
    for (var back = 0u; back < visible; back++) { value += scores[back] * ring(2u * HEADS_WIDTH + head + i, at - back, base); }
    y[(stream.slot * HEADS_WIDTH + head + i) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = value / parts[0];
  }
}
`;

/** The kernel of an attention, for inputs of one step a frame. */
export function attentionKernel(step: Step, { heads, headDim, window }: AttentionShape, sizes: Sizes): Kernel {
  const numbers = ringNumbers(step, sizes);
  const built = constants({ HEADS_WIDTH: heads * headDim, HEAD_DIM: headDim, HALF: headDim / 2, WINDOW: window });
  const scale = `const SCALE = ${(headDim ** -0.5).toExponential()};\n`;
  return { code: bindings(step, numbers) + built + scale + MAIN, numbers, groups: (frames) => [heads, frames] };
}
