/**
 * Every kernel once more, plainly, in double precision: one number of the output at a time. What a
 * card makes is held against this.
 */
import type { AttentionShape, ConvolutionShape, Finish, LookupShape, NormShape, RowsShape, SearchShape, Step } from "./plan.ts";

/** What a launch reads, for one stream. Steps count from the first of the run; those before are the past. */
export interface Inputs {
  input(channel: number, step: number): number;
  added(channel: number, step: number): number;
  code(layer: number, step: number): number;
  gain(layer: number): number;
  /** Frames of the past that there have been. */
  readonly seen: number;
  /** Samples of the sound that there are, from the first of the run. */
  readonly samples: number;
  readonly weights: Readonly<Record<string, Float32Array>>;
}

/** One number of what a launch makes, other than a search. */
export function expectedOutput({ shape, input }: Step, inputs: Inputs, channel: number, step: number): number {
  switch (shape.kind) {
    case "convolution":
      return convolution(shape, inputs, channel, step);
    case "rows":
      return rows(shape, inputs, channel, step);
    case "norm":
      return norm(shape, inputs, channel, step);
    case "attention":
      return attention(shape, inputs, channel, step, input!.rate);
    case "lookup":
      return lookup(shape, inputs, channel, step);
    case "search":
      throw new TypeError("A search is held against distances");
  }
}

function convolution(shape: ConvolutionShape, inputs: Inputs, channel: number, step: number): number {
  const { from, kernel, dilation, up, to, stride } = shape;
  const row = channel * up + (step % up);
  let sum = 0;
  for (let c = 0; c < from * stride; c++) {
    for (let k = 0; k < kernel; k++) {
      const first = Math.floor(step / up) - (kernel - 1 - k) * dilation;
      const value = taken(shape, inputs, Math.floor(c / stride), first * stride + (c % stride));
      sum += inputs.weights["w"][(c * kernel + k) * to * up + row] * shaped(shape, inputs, value, c);
    }
  }
  return finished(shape, inputs, sum, channel, step);
}

function taken({ stride, hop, edge }: ConvolutionShape, { input, samples, seen }: Inputs, channel: number, at: number): number {
  if (stride === 1) return input(channel, at);
  const end = Math.ceil(samples / hop);
  if (edge === "zeros") return at < end ? input(channel, at) : 0;
  return input(channel, Math.max(seen === 0 ? 0 : -Infinity, Math.min(end - 1, at)));
}

function shaped({ snake: hasSnake, elu, from }: ConvolutionShape, { weights }: Inputs, value: number, channel: number): number {
  if (hasSnake) return snake(value, weights["snake"], from, channel);
  return elu && value < 0 ? Math.expm1(value) : value;
}

/** SnakeBeta. The angle is rounded as the kernel rounds it: what is tried is the sine. */
function snake(value: number, weights: Float32Array, channels: number, channel: number): number {
  return value + weights[channels + channel] * Math.sin(Math.fround(value * weights[channel])) ** 2;
}

function rows(shape: RowsShape, inputs: Inputs, channel: number, step: number): number {
  const product = (row: number): number => {
    let sum = 0;
    for (let k = 0; k < shape.from; k++) sum += inputs.weights["w"][row * shape.from + k] * inputs.input(k, step);
    return sum;
  };
  const first = product(channel);
  return finished(shape, inputs, shape.gated ? (first / (1 + Math.exp(-first))) * product(shape.to + channel) : first, channel, step);
}

function finished(finish: Finish, { weights, added }: Inputs, sum: number, channel: number, step: number): number {
  let value = sum;
  if (finish.bias) value += weights["bias"][channel];
  if (finish.gelu) value *= 0.5 * (1 + erf(value / Math.SQRT2));
  if (finish.scale) value *= weights["scale"][channel];
  if (finish.residual) value += added(channel, step);
  return finish.clip ? Math.max(-1, Math.min(1, value)) : value;
}

/**
 * Abramowitz and Stegun, 7.1.6 for small values; 7.1.14, a continued fraction, for others: both to
 * 1e-13.
 */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let [sum, term] = [0, z];
    for (let n = 0; term > 1e-18; n++) {
      sum += term;
      term *= (2 * z * z) / (2 * n + 3);
    }
    return (Math.sign(x) * 2 * sum * Math.exp(-z * z)) / Math.sqrt(Math.PI);
  }
  let rest = z;
  for (let n = 60; n > 0; n--) rest = z + n / 2 / rest;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * rest));
}

function norm({ channels, epsilon, layer, taps }: NormShape, { input, weights }: Inputs, channel: number, step: number): number {
  const values = Array.from({ length: channels }, (_, c) => {
    if (taps === 0) return input(c, step);
    let value = weights["tapBias"][c];
    for (let k = 0; k < taps; k++) value += weights["taps"][c * taps + k] * input(c, step + k + 1 - taps);
    return value;
  });
  const mean = layer ? values.reduce((sum, v) => sum + v, 0) / channels : 0;
  const power = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / channels;
  return ((values[channel] - mean) / Math.sqrt(power + epsilon)) * weights["gain"][channel] + (layer ? weights["shift"][channel] : 0);
}

function attention(
  { heads, headDim, window }: AttentionShape,
  { input, weights, seen }: Inputs,
  channel: number,
  step: number,
  rate: number,
): number {
  const [half, width] = [headDim / 2, heads * headDim];
  const head = channel - (channel % headDim);
  const scores = Array.from({ length: Math.min(window, seen * rate + step + 1) }, (_, back) => {
    let sum = 0;
    for (let i = 0; i < half; i++) {
      const [cos, sin] = [weights["turns"][back * headDim + i], weights["turns"][back * headDim + half + i]];
      const [q1, q2] = [input(head + i, step), input(head + half + i, step)];
      const [k1, k2] = [input(width + head + i, step - back), input(width + head + half + i, step - back)];
      sum += (q1 * k1 + q2 * k2) * cos - (q2 * k1 - q1 * k2) * sin;
    }
    return sum / Math.sqrt(headDim);
  });
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.reduce((sum, power, back) => sum + (power / total) * input(2 * width + channel, step - back), 0);
}

function lookup({ layers, entries, width }: LookupShape, { code, gain, weights }: Inputs, channel: number, step: number): number {
  let sum = 0;
  for (let layer = channel < width ? 0 : 1; layer < (channel < width ? 1 : layers); layer++)
    sum += gain(layer) * weights["books"][(layer * entries + code(layer, step)) * width + (channel % width)];
  return sum;
}

/** How far an entry is from what a search had left, and how far the nearest is: squares. */
export interface Distances {
  readonly taken: number;
  readonly nearest: number;
}

/**
 * Distances at each choice of a search that goes on from the codes that were taken, whatever they
 * are: a code is right where both are equal, and as good as right where they nearly are.
 * @param value what is searched for `[2 width]`
 * @param codes one of each layer
 * @param books `[layers, width, entries]`
 */
export function searchDistances(
  { layers, entries, width }: Omit<SearchShape, "kind">,
  value: (channel: number) => number,
  codes: (layer: number) => number,
  books: Float32Array,
): Distances[] {
  let left: number[] = [];
  return Array.from({ length: layers }, (_, layer) => {
    if (layer <= 1) left = Array.from({ length: width }, (_d, d) => value(layer * width + d));
    const entry = (d: number, place: number): number => books[(layer * width + d) * entries + place];
    const distance = (place: number): number => left.reduce((sum, x, d) => sum + (x - entry(d, place)) ** 2, 0);
    let nearest = Infinity;
    for (let place = 0; place < entries; place++) nearest = Math.min(nearest, distance(place));
    const taken = distance(codes(layer));
    left = left.map((x, d) => x - entry(d, codes(layer)));
    return { taken, nearest };
  });
}
