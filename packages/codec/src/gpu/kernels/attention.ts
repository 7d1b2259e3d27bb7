/** Attention of a step to itself and those before it, as far as a window goes. */
import type { AttentionShape, Step } from "../plan.ts";
import { bindings, constants, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/** Steps that are looked at together: one for each thread. */
const BLOCK = 64;

/**
 * A workgroup makes one head of one step. Queries and keys are turned against each other by their
 * distance alone (Su et al. 2021, equation 16), so that keys lie in their ring as they were made and
 * no position ever grows large. The softmax is taken less the largest score so far, block by block
 * of the past, the newest first (Milakov and Gimelshein 2018, algorithm 3): a window may have any
 * length, and its sums run in one order.
 */
const MAIN = `
var<workgroup> weights: array<f32, ${BLOCK}>;
var<workgroup> parts: array<f32, ${BLOCK}>;

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

fn largest(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = ${BLOCK / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { parts[lane] = max(parts[lane], parts[lane + half]); }
    workgroupBarrier();
  }
  let all = parts[0];
  workgroupBarrier();
  return all;
}

fn total_of(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = ${BLOCK / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  let all = parts[0];
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(${BLOCK})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  if (group.y >= stream.frames * n.RATE) { return; }
  let at = stream.position * n.RATE + group.y;
  let head = group.x * HEAD_DIM;
  let base = stream.slot * 3u * HEADS_WIDTH * n.X_CAP;
  let visible = min(stream.window, stream.seen * n.RATE + group.y + 1u);
  var values = array<f32, EACH>();
  var high = -1e30;
  var total = 0.0;
  for (var first = 0u; first < visible; first += ${BLOCK}u) {
    let back = first + lane;
    var own = -1e30;
    if (back < visible) { own = score(head, at, back, base); }
    let higher = max(high, largest(lane, own));
    let fading = exp(high - higher);
    high = higher;
    weights[lane] = select(0.0, exp(own - high), back < visible);
    total = total * fading + total_of(lane, weights[lane]);
    for (var j = 0u; j < EACH; j++) {
      let row = 2u * HEADS_WIDTH + head + min(lane + j * ${BLOCK}u, HEAD_DIM - 1u);
      var sum = 0.0;
      for (var k = 0u; k < min(${BLOCK}u, visible - first); k++) { sum += weights[k] * ring(row, at - first - k, base); }
      values[j] = values[j] * fading + sum;
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < EACH; j++) {
    let i = lane + j * ${BLOCK}u;
    if (i < HEAD_DIM) { y[(stream.slot * HEADS_WIDTH + head + i) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = values[j] / total; }
  }
}
`;

/** The kernel of an attention. */
export function attentionKernel(step: Step, { heads, headDim }: AttentionShape, sizes: Sizes): Kernel {
  const numbers = ringNumbers(step, sizes);
  const built = constants({ HEADS_WIDTH: heads * headDim, HEAD_DIM: headDim, HALF: headDim / 2, EACH: Math.ceil(headDim / BLOCK) });
  const scale = `const SCALE = ${(headDim ** -0.5).toExponential()};\n`;
  return { code: bindings(step, numbers) + built + scale + MAIN, numbers, groups: (frames) => [heads, frames * step.output.rate] };
}
