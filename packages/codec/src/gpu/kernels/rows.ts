/** Matrix products at the rates of the transformer, where a run has few steps. */
import type { RowsShape, Step } from "../plan.ts";
import { bindings, finishing, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/** A workgroup makes one output: 64 threads share its products, and add their sums up in pairs. */
const MAIN = `
var<workgroup> sums: array<Sum, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  let row = group.x;
  if (group.y >= stream.frames * n.RATE) { return; }
  let at = stream.position * n.RATE + group.y;
  let x_at = stream.slot * n.FROM * n.X_CAP + (at & (n.X_CAP - 1u));
  var sum = Sum();
  for (var k = lane; k < n.FROM; k += 64u) { sum += x[x_at + k * n.X_CAP] * weight(row, k); }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    y[(stream.slot * n.TO + row) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = finished(joined(sums[0]), row, stream.slot, at);
  }
}
`;

const PLAIN = `
alias Sum = f32;
fn weight(row: u32, k: u32) -> Sum { return w_at(row * n.FROM + k); }
fn joined(sum: Sum) -> f32 { return sum; }
`;
/** silu(first) * second. */
const GATED = `
alias Sum = vec2f;
fn weight(row: u32, k: u32) -> Sum { return vec2f(w_at(row * n.FROM + k), w_at((n.TO + row) * n.FROM + k)); }
fn joined(sum: Sum) -> f32 { return sum.x / (1.0 + exp(-sum.x)) * sum.y; }
`;

/** The kernel of a matrix product. */
export function rowsKernel(step: Step, shape: RowsShape, sizes: Sizes): Kernel {
  const numbers = { FROM: shape.from, TO: shape.to, ...ringNumbers(step, sizes) };
  return {
    code: bindings(step, numbers) + (shape.gated ? GATED : PLAIN) + finishing(shape) + MAIN,
    numbers,
    groups: (frames) => [shape.to, frames * step.output.rate],
  };
}
