/** What all kernels are made of: their bindings, their numbers, and functions that WGSL leaves open. */
import { capacityOf, type Finish, type Ring, type Step } from "../plan.ts";

/** Most streams in one run. */
export const MOST_SLOTS = 64;
/** Words of one stream in the table of streams: those of `Stream`, filled up to a multiple of four. */
export const STREAM_WORDS = 8;

/** One stream of a run, as kernels are told of it. */
export interface StreamEntry {
  readonly slot: number;
  /** Frames that it has had before. */
  readonly position: number;
  /** Frames in this run. */
  readonly frames: number;
  /** Samples of the sound in this run: fewer than the frames have where the sound ends. */
  readonly samples: number;
  /** Steps that attention sees, itself included. */
  readonly window: number;
}

/**
 * Floats of 16 bits are kept as so many times the number: cards may take what is below their least normal
 * number, 2^-14, for zero, which would be felt. Weights beyond 63.9 cannot be kept so.
 */
export const HALVES_SCALE = 1024;

/** No window of attention is longer, in frames, and no count of steps overflows. */
const MOST_SEEN = 2 ** 20;

/** The table of streams, for a buffer. */
export function streamTable(streams: readonly StreamEntry[]): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(streams.length * STREAM_WORDS);
  streams.forEach(({ slot, position, frames, samples, window }, i) =>
    table.set([slot, position % 2 ** 32, frames, Math.min(position, MOST_SEEN), samples, window], i * STREAM_WORDS),
  );
  return table;
}

/**
 * A kernel as text, with the numbers of one launch apart from it: launches of one kind share a
 * pipeline, and there are few to compile.
 */
export interface Kernel {
  readonly code: string;
  /** By their names in the text, where they are fields of `n`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Workgroups along x and y for a run of so many frames; z is the streams. */
  groups(frames: number): readonly [number, number];
}

/** What the capacities of the rings follow from. */
export interface Sizes {
  /** Most frames in one run. */
  readonly group: number;
  /** How often the rings that grow were doubled. Default 0. */
  readonly doublings?: number;
}

/** Numbers that are part of a kernel, as constants of WGSL. Whole ones are unsigned. */
export function constants(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${Number.isInteger(value) ? `${value}u` : value.toExponential()};\n`)
    .join("");
}

/** The numbers of a launch that follow from its rings. */
export function ringNumbers(step: Step, { group, doublings = 0 }: Sizes): Record<string, number> {
  const capacity = (ring: Ring): number => capacityOf(ring, group, doublings);
  return {
    Y_CAP: capacity(step.output),
    ...(step.input && { X_CAP: capacity(step.input), RATE: step.input.rate }),
    ...(step.residual && { ADDED_CAP: capacity(step.residual) }),
  };
}

/**
 * The bindings: 0 the streams of the run, 1 the numbers of the launch, then the input (`x`, or codes
 * and gains), the output `y`, the weights by their names, and the ring that is added.
 */
export function bindings(step: Step, numbers: Readonly<Record<string, number>>): string {
  const inputs = step.input ? ["x: array<f32>"] : ["codes: array<u32>", "gains: array<f32>"];
  const arrays = [
    ...inputs.map((input) => `read> ${input}`),
    "read_write> y: array<f32>",
    ...step.weights.map(({ name, isHalved }) => `read> ${name}: array<${isHalved ? "u32" : "f32"}>`),
    ...(step.residual ? ["read> added: array<f32>"] : []),
  ];
  return `struct Stream { slot: u32, position: u32, frames: u32, seen: u32, samples: u32, @size(12) window: u32 }
struct Numbers { ${Object.keys(numbers)
    .map((name) => `${name}: u32`)
    .join(", ")} }
@group(0) @binding(0) var<uniform> streams: array<Stream, ${MOST_SLOTS}>;
@group(0) @binding(1) var<uniform> n: Numbers;
${arrays.map((array, i) => `@group(0) @binding(${i + 2}) var<storage, ${array};\n`).join("")}${matrixOf(step)}`;
}

/** The function that reads the matrix `w`, where there is one. */
function matrixOf({ weights }: Step): string {
  const w = weights.find(({ name }) => name === "w");
  if (!w) return "";
  const value = w.isHalved ? `unpack2x16float(w[i / 2u])[i % 2u] * ${1 / HALVES_SCALE}` : "w[i]";
  return `fn w_at(i: u32) -> f32 { return ${value}; }\n`;
}

/**
 * The square of the sine. WGSL allows its own sine an error of 2^-11 and leaves it open beyond pi,
 * and cards use that. The square has the period pi: a reduction in two parts (pi = 201/64 + rest,
 * where k * 201/64 is exact), then a polynomial for the sine on [-pi/2, pi/2].
 */
export const SINE_SQUARED = `
fn sine_squared(angle: f32) -> f32 {
  let k = round(angle * 0.31830988618);
  let r = (angle - k * 3.140625) - k * 9.67653589793e-4;
  let s = r * r;
  let sine = r * (1.0 + s * (-1.6666665459e-1 + s * (8.3332785e-3 + s * (-1.9839334e-4 + s * 2.7183114939e-6))));
  return sine * sine;
}
`;

/**
 * GELU with the error function, which WGSL has not: erfc by the Chebyshev fit of Numerical Recipes
 * (Press et al., 2nd edition, section 6.2, erfcc), relative error below 1.2e-7.
 */
const GELU = `
fn gelu(v: f32) -> f32 {
  let z = abs(v) * 0.70710678118;
  let t = 1.0 / (1.0 + 0.5 * z);
  let rest = t * exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
    + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
  return 0.5 * v * select(rest, 2.0 - rest, v >= 0.0);
}
`;

/** The function that makes an output of a sum; `at` is the step of the stream. */
export function finishing({ bias, gelu, scale, residual, clip }: Finish): string {
  const lines = [
    bias && "value += bias[channel];",
    gelu && "value = gelu(value);",
    scale && "value *= scale[channel];",
    residual && "value += added[(slot * n.TO + channel) * n.ADDED_CAP + (at & (n.ADDED_CAP - 1u))];",
    clip && "value = clamp(value, -1.0, 1.0);",
  ].filter((line) => line !== false);
  return `${gelu ? GELU : ""}
fn finished(sum: f32, channel: u32, slot: u32, at: u32) -> f32 {
  var value = sum;
  ${lines.join("\n  ")}
  return value;
}
`;
}
