/** Causal convolutions, plain and transposed, with what comes before and after them. */
import type { ConvolutionShape, Step } from "../plan.ts";
import { bindings, constants, finishing, type Kernel, ringNumbers, SINE_SQUARED, type Sizes } from "./parts.ts";

/** Steps of a tile; a thread makes an eighth of them, as two vectors of four. */
const TILE_STEPS = 64;
/** Threads along the rows and along the steps of a tile. */
const SIDE = 8;

/** Lays a block of the sound, shaped, and of the weights into the memory of the workgroup. */
const LOADING = `    for (var i = lane; i < BLOCK * WIDTH; i += ${SIDE * SIDE}u) {
      let channel = block + i / WIDTH;
      let step = first + i % WIDTH;
      var value = 0.0;
      if (channel < n.BANDS && step < steps + REACH) { value = shaped(taken(stream, channel, start, step), channel); }
      sound[i] = value;
    }
    for (var i = lane; i < BLOCK * KERNEL * TILE_ROWS / 4u; i += ${SIDE * SIDE}u) {
      let tap = block * KERNEL + i / (TILE_ROWS / 4u);
      let row = first_row + 4u * (i % (TILE_ROWS / 4u));
      part[i] = vec4f(weight(tap, row), weight(tap, row + 1u), weight(tap, row + 2u), weight(tap, row + 3u));
    }
`;

/** Writes what each thread has made. */
function writing(rowsEach: number): string {
  const made = Array.from({ length: rowsEach }, (_, i) => `near${i}, far${i}`).join(", ");
  return `  var made = array<vec4f, ${2 * rowsEach}>(${made});
  for (var i = 0u; i < ${rowsEach}u; i++) {
    let row = first_row + thread.y * ${rowsEach}u + i;
    if (row >= n.ROWS) { continue; }
    let channel = row / n.UP;
    for (var j = 0u; j < ${TILE_STEPS / SIDE}u; j++) {
      let step = first + j * ${SIDE}u + thread.x;
      if (step >= steps) { continue; }
      let at = (start + step) * n.UP + row % n.UP;
      y[(stream.slot * n.TO + channel) * n.Y_CAP + (at & (n.Y_CAP - 1u))] = finished(made[2u * i + j / 4u][j % 4u], channel, stream.slot, at);
    }
  }
`;
}

/**
 * A workgroup makes a tile of TILE_ROWS x TILE_STEPS outputs: it lays a block of channels of the
 * sound, and their weights, into its own memory, and adds up from there. Each sum runs over channels
 * and taps in one order, whatever tile it is in, so its bits do not depend on how a run is cut.
 *
 * Inner loops are written out, four steps or four rows in a vector: arrays of a thread that are
 * indexed by a variable do not stay in registers everywhere.
 */
function mainOf(rowsEach: number): string {
  const elementOf = (i: number): string => `w${Math.floor(i / 4)}.${"xyzw"[i % 4]}`;
  const forRows = (line: (i: number) => string): string => Array.from({ length: rowsEach }, (_, i) => line(i)).join("\n      ");
  return `
const WIDTH = TILE_STEPS + REACH;
var<workgroup> sound: array<f32, BLOCK * WIDTH>;
var<workgroup> part: array<vec4f, BLOCK * KERNEL * TILE_ROWS / 4u>;

fn weight(tap: u32, row: u32) -> f32 {
  if (row < n.ROWS && tap < n.BANDS * KERNEL) { return w_at(tap * n.ROWS + row); }
  return 0.0;
}

@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(local_invocation_index) lane: u32) {
  let stream = streams[group.z];
  let steps = stream.frames * n.RATE;
  let start = stream.position * n.RATE;
  let first = group.x * TILE_STEPS;
  let first_row = group.y * TILE_ROWS;
  if (first >= steps) { return; }
  ${forRows((i) => `var near${i} = vec4f(); var far${i} = vec4f();`)}
  for (var block = 0u; block < n.BANDS; block += BLOCK) {
${LOADING}    workgroupBarrier();
    for (var tap = 0u; tap < BLOCK * KERNEL; tap++) {
      let s = (tap / KERNEL) * WIDTH + (tap % KERNEL) * DILATION + thread.x;
      let p = (tap * TILE_ROWS + thread.y * ${rowsEach}u) / 4u;
      let near = vec4f(sound[s], sound[s + 8u], sound[s + 16u], sound[s + 24u]);
      let far = vec4f(sound[s + 32u], sound[s + 40u], sound[s + 48u], sound[s + 56u]);
      ${forRows((i) => `${i % 4 === 0 ? `let w${i / 4} = part[p + ${i / 4}u]; ` : ""}near${i} = fma(vec4f(${elementOf(i)}), near, near${i}); far${i} = fma(vec4f(${elementOf(i)}), far, far${i});`)}
    }
    workgroupBarrier();
  }
${writing(rowsEach)}}
`;
}

/** What is done to each value that is taken. */
const SHAPED = {
  snake: `${SINE_SQUARED}
fn shaped(v: f32, channel: u32) -> f32 { return v + snake[n.FROM + channel] * sine_squared(v * snake[channel]); }
`,
  elu: `
fn shaped(v: f32, channel: u32) -> f32 { return select(exp(v) - 1.0, v, v > 0.0); }
`,
  plain: `
fn shaped(v: f32, channel: u32) -> f32 { return v; }
`,
} as const;

/** Takes a value of the input; `step` counts from REACH steps before the run. */
const STEP_BY_STEP = `
fn taken(stream: Stream, channel: u32, start: u32, step: u32) -> f32 {
  return x[(stream.slot * n.FROM + channel) * n.X_CAP + ((start + step - REACH) & (n.X_CAP - 1u))];
}
`;

/** The same where steps are taken by strides: `end` is where the sound ends, if in this run. */
function byStrides(edge: ConvolutionShape["edge"]): string {
  const beyond = {
    zeros: "if (at >= end) { return 0.0; }",
    repeated: "at = min(at, end - 1); if (stream.seen == 0u) { at = max(at, 0); }",
  };
  return `
fn taken(stream: Stream, channel: u32, start: u32, step: u32) -> f32 {
  var at = i32(step * n.STRIDE + channel % n.STRIDE) - i32(REACH * n.STRIDE);
  let end = i32((stream.samples + n.HOP - 1u) / n.HOP);
  ${beyond[edge]}
  return x[(stream.slot * n.FROM + channel / n.STRIDE) * n.X_CAP + ((start * n.STRIDE + u32(at)) & (n.X_CAP - 1u))];
}
`;
}

/** The kernel of a convolution. */
export function convolutionKernel(step: Step, shape: ConvolutionShape, sizes: Sizes): Kernel {
  const { stride, hop, edge } = shape;
  const rows = shape.to * shape.up;
  const tileRows = rows < 8 * SIDE ? 4 * SIDE : 8 * SIDE;
  const rate = step.output.rate / shape.up;
  const numbers = {
    FROM: shape.from,
    BANDS: shape.from * stride,
    TO: shape.to,
    UP: shape.up,
    ROWS: rows,
    ...ringNumbers(step, sizes),
    RATE: rate,
    ...(stride > 1 && { STRIDE: stride, HOP: hop }),
  };
  const built = constants({
    KERNEL: shape.kernel,
    DILATION: shape.dilation,
    REACH: (shape.kernel - 1) * shape.dilation,
    TILE_ROWS: tileRows,
    TILE_STEPS,
    BLOCK: shape.kernel > 3 ? 4 : 8,
  });
  const taking = stride > 1 ? byStrides(edge) : STEP_BY_STEP;
  const shaping = SHAPED[shape.snake ? "snake" : shape.elu ? "elu" : "plain"];
  return {
    code: bindings(step, numbers) + built + taking + shaping + finishing(shape) + mainOf(tileRows / SIDE),
    numbers,
    groups: (frames) => [Math.ceil((frames * rate) / TILE_STEPS), Math.ceil(rows / tileRows)],
  };
}
