/** Root-mean-square and layer norms over channels, with a depthwise convolution in front. */
import type { NormShape, Step } from "../plan.ts";
import { bindings, constants, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/** A workgroup makes one step: 64 threads share its channels. */
const MAIN = `
var<workgroup> sums: array<f32, 64>;
var<workgroup> values: array<f32, CHANNELS>;

fn total(lane: u32, sum: f32) -> f32 {
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let all = sums[0];
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  if (group.x >= stream.frames * n.RATE) { return; }
  let at = stream.position * n.RATE + group.x;
  var sum = 0.0;
  for (var channel = lane; channel < CHANNELS; channel += 64u) {
    let value = taken(channel, (stream.slot * CHANNELS + channel) * n.X_CAP, at);
    values[channel] = value;
    sum += value;
  }
  let mean = mean_of(total(lane, sum));
  var squares = 0.0;
  for (var channel = lane; channel < CHANNELS; channel += 64u) {
    let value = values[channel] - mean;
    squares += value * value;
  }
  let factor = inverseSqrt(total(lane, squares) / f32(CHANNELS) + EPSILON);
  for (var channel = lane; channel < CHANNELS; channel += 64u) {
    y[(stream.slot * CHANNELS + channel) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = (values[channel] - mean) * factor * gain[channel] + offset(channel);
  }
}
`;

const RMS = `
fn mean_of(sum: f32) -> f32 { return 0.0; }
fn offset(channel: u32) -> f32 { return 0.0; }
`;
const LAYER = `
fn mean_of(sum: f32) -> f32 { return sum / f32(CHANNELS); }
fn offset(channel: u32) -> f32 { return shift[channel]; }
`;
const PLAIN = `
fn taken(channel: u32, x_at: u32, at: u32) -> f32 { return x[x_at + (at & (n.X_CAP - 1u))]; }
`;
const DEPTHWISE = `
fn taken(channel: u32, x_at: u32, at: u32) -> f32 {
  var value = tapBias[channel];
  for (var k = 0u; k < TAPS; k++) { value += taps[channel * TAPS + k] * x[x_at + ((at + k + 1u - TAPS) & (n.X_CAP - 1u))]; }
  return value;
}
`;

/** The kernel of a norm. */
export function normKernel(step: Step, shape: NormShape, sizes: Sizes): Kernel {
  const numbers = ringNumbers(step, sizes);
  const built = constants({ CHANNELS: shape.channels, EPSILON: shape.epsilon, ...(shape.taps > 0 && { TAPS: shape.taps }) });
  return {
    code: bindings(step, numbers) + built + (shape.layer ? LAYER : RMS) + (shape.taps > 0 ? DEPTHWISE : PLAIN) + MAIN,
    numbers,
    groups: (frames) => [frames * step.output.rate, 1],
  };
}
