/** Codes to sums of codebook entries. */
import type { LookupShape, Step } from "../plan.ts";
import { bindings, constants, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/** Threads of a workgroup. */
const THREADS = 64;

/** A thread makes one channel of one step. Codes lie as `[streams, GROUP, LAYERS]`, in the order of the run. */
const MAIN = `
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) thread: vec3u) {
  let stream = streams[group.z];
  let channel = thread.x;
  if (channel >= 2u * WIDTH || group.y >= stream.frames) { return; }
  let is_first = channel < WIDTH;
  var sum = 0.0;
  for (var layer = select(1u, 0u, is_first); layer < select(LAYERS, 1u, is_first); layer++) {
    let code = codes[(group.z * GROUP + group.y) * LAYERS + layer];
    sum += gains[group.z * LAYERS + layer] * books[(layer * ENTRIES + code) * WIDTH + channel % WIDTH];
  }
  y[(stream.slot * 2u * WIDTH + channel) * n.Y_CAP + ((stream.position + group.y) & (n.Y_CAP - 1u))] = sum;
}
`;

/** The kernel of a lookup. */
export function lookupKernel(step: Step, { layers, entries, width }: LookupShape, sizes: Sizes): Kernel {
  const numbers = ringNumbers(step, sizes);
  const built = constants({ LAYERS: layers, ENTRIES: entries, WIDTH: width, GROUP: sizes.group });
  return { code: bindings(step, numbers) + built + MAIN, numbers, groups: (frames) => [Math.ceil((2 * width) / THREADS), frames] };
}
