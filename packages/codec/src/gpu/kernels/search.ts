/** Values to the codes of a residual quantizer. */
import type { SearchShape, Step } from "../plan.ts";
import { bindings, constants, type Kernel, ringNumbers, type Sizes } from "./parts.ts";

/** Threads of a workgroup. */
const THREADS = 256;

/**
 * A workgroup makes the codes of one part of one step: its threads share the entries of a layer, and
 * find the nearest in pairs; then it is taken away from what is left for the next layer. Entries
 * lie side by side, so that neighbouring threads read neighbouring numbers.
 */
const MAIN = `
var<workgroup> left: array<f32, WIDTH>;
var<workgroup> distances: array<f32, ${THREADS}>;
var<workgroup> places: array<u32, ${THREADS}>;

fn distance_to(entry: u32, layer: u32) -> f32 {
  var sum = 0.0;
  for (var d = 0u; d < WIDTH; d++) {
    let difference = left[d] - books[(layer * WIDTH + d) * ENTRIES + entry];
    sum = fma(difference, difference, sum);
  }
  return sum;
}

fn is_nearer(distance: f32, place: u32, than: u32) -> bool {
  return distance < distances[than] || (distance == distances[than] && place < places[than]);
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  if (group.x >= stream.frames) { return; }
  let at = stream.position + group.x;
  for (var d = lane; d < WIDTH; d += ${THREADS}u) {
    left[d] = x[((stream.slot * 2u + group.y) * WIDTH + d) * n.X_CAP + (at & (n.X_CAP - 1u))];
  }
  workgroupBarrier();
  for (var layer = group.y; layer < select(LAYERS, 1u, group.y == 0u); layer++) {
    distances[lane] = 3.4e38;
    places[lane] = 0u;
    for (var entry = lane; entry < ENTRIES; entry += ${THREADS}u) {
      let distance = distance_to(entry, layer);
      if (distance < distances[lane]) {
        distances[lane] = distance;
        places[lane] = entry;
      }
    }
    workgroupBarrier();
    for (var half = ${THREADS / 2}u; half > 0u; half >>= 1u) {
      if (lane < half && is_nearer(distances[lane + half], places[lane + half], lane)) {
        distances[lane] = distances[lane + half];
        places[lane] = places[lane + half];
      }
      workgroupBarrier();
    }
    let code = places[0];
    if (lane == 0u) { y[(stream.slot * LAYERS + layer) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = f32(code); }
    for (var d = lane; d < WIDTH; d += ${THREADS}u) { left[d] -= books[(layer * WIDTH + d) * ENTRIES + code]; }
    workgroupBarrier();
  }
}
`;

/** The kernel of a search, for inputs of one step a frame. */
export function searchKernel(step: Step, { layers, entries, width }: SearchShape, sizes: Sizes): Kernel {
  const numbers = ringNumbers(step, sizes);
  const built = constants({ LAYERS: layers, ENTRIES: entries, WIDTH: width });
  return { code: bindings(step, numbers) + built + MAIN, numbers, groups: (frames) => [frames, 2] };
}
