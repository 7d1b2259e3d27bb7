// Sample rate conversion by a windowed-sinc filter in polyphase form. In units of the lower of the
// two rates the filter reaches 96 zero crossings to each side under a Kaiser window of beta 15: by
// Kaiser's formulas (Oppenheim & Schafer, "Discrete-Time Signal Processing", section 7.6) that is a
// stop band of 145 dB and a transition of 0.1 Nyquist, laid so that it ends at 1.005 Nyquist: -3 dB
// at 0.953, flat to 0.91. The filter is symmetric and centred on each output sample, so nothing is
// delayed.
//
// Output sample m lies at input position m * from / to. With the rates divided by their greatest
// common divisor there are `to` phases, and each has its own row of coefficients. Where that would
// be too many rows (44101 to 24000 Hz), there are 4096 or so and each output is interpolated
// between two: an error of (pi * cut / rows)^2 / 8, which is below -140 dB.

import { Audio } from "../audio.ts";
import { assertAudio, assertFloats, assertKind } from "../misuse.ts";

const ZERO_CROSSINGS = 96;
const ROLL_OFF = 0.957;
const KAISER_BETA = 15;
/** Most coefficients in the table of a rate pair: 8 MiB. */
const MAX_TABLE = 1 << 20;
/** Rows of the table of awkward rate pairs, at a cut-off of 1. */
const INTERPOLATED_ROWS = 4096;
/** The filter grows with the ratio: this bounds it at 51200 coefficients. */
const MAX_RATIO = 256;
/** Most samples that are taken into the window at once. */
const BLOCK = 8192;

interface Filter {
  /** Phases of the reduced ratio. */
  readonly up: number;
  /** Input steps of the reduced ratio. */
  readonly down: number;
  /** Coefficients of one row, a multiple of 4. */
  readonly taps: number;
  /** Rows of the table, not counting the one after the last. */
  readonly rows: number;
  /** `[rows + 1, taps]`. */
  readonly table: Float64Array;
}

/** Filters are pure functions of the two rates and are shared. */
const filters: Map<string, Filter> = new Map();
const MAX_FILTERS = 8;

/**
 * Converts a stream of samples from one rate to another. Stop band below -140 dB, no delay, and n
 * samples in give exactly ceil(n * to / from) out. The output is the same to the bit however the
 * input is cut into pieces.
 */
export class Resampler {
  readonly #filter: Filter;
  /** Input that outputs still need, with half a filter of zeros before the first sample. */
  readonly #window: Float64Array;
  #filled = 0;
  /** Where in the window the next output's filter begins, and its phase in 0 to up - 1. */
  #start = 0;
  #phase = 0;
  #inputs = 0;
  #outputs = 0;

  /**
   * @param from input rate, Hz, whole
   * @param to output rate, Hz, whole
   * @throws RangeError when a rate is not a whole number from 1 to 768000, or `from` is over 256
   * times `to`; TypeError for no number
   */
  constructor(from: number, to: number) {
    assertKind(from, "from", "number");
    assertKind(to, "to", "number");
    const valid = [from, to].every((rate) => Number.isInteger(rate) && rate >= 1 && rate <= 768_000);
    if (!valid || from > to * MAX_RATIO) {
      throw new RangeError(
        `Cannot resample from ${from} to ${to} Hz: rates must be whole numbers from 1 to 768000, and go down by ${MAX_RATIO} at most`,
      );
    }
    this.#filter = filterFor(from, to);
    this.#window = new Float64Array(this.#filter.taps + Math.max(this.#filter.taps, BLOCK));
    this.reset();
  }

  /**
   * The outputs that the input so far decides, a new array; half a filter's length, some 4 ms at 24
   * kHz, is still owed. Empty pieces are fine.
   */
  push(samples: Float32Array): Float32Array {
    assertFloats(samples, "samples");
    const { up, down, taps } = this.#filter;
    if (up === down) return samples.slice();
    const decided = Math.max(0, Math.ceil(((this.#inputs + samples.length - taps / 2) * up) / down));
    const out = new Float32Array(decided - this.#outputs);
    for (let at = 0, done = 0; at < samples.length; at += BLOCK) {
      this.#append(samples.subarray(at, at + BLOCK));
      done += this.#run(out.subarray(done));
    }
    this.#inputs += samples.length;
    this.#outputs = decided;
    return out;
  }

  /** The outputs that are owed, as if zeros followed. Afterwards the resampler is as new. */
  flush(): Float32Array {
    const rest = this.#filter.up === this.#filter.down ? new Float32Array(0) : this.push(new Float32Array(this.#filter.taps / 2));
    this.reset();
    return rest;
  }

  /** Forgets everything: the next sample is the first. */
  reset(): void {
    this.#filled = this.#filter.taps / 2 - 1;
    this.#window.fill(0, 0, this.#filled);
    this.#start = this.#phase = this.#inputs = this.#outputs = 0;
  }

  #append(samples: Float32Array): void {
    if (this.#filled + samples.length > this.#window.length) {
      this.#window.copyWithin(0, this.#start, this.#filled);
      this.#filled -= this.#start;
      this.#start = 0;
    }
    this.#window.set(samples, this.#filled);
    this.#filled += samples.length;
  }

  /** Fills `out` as far as the window reaches; returns how far that is. */
  #run(out: Float32Array): number {
    const { up, down, taps, rows, table } = this.#filter;
    const last = this.#filled - taps;
    let done = 0;
    for (; done < out.length && this.#start <= last; done++) {
      const exact = rows === up;
      out[done] = exact ? dot(table, this.#phase * taps, this.#window, this.#start, taps) : this.#between((this.#phase / up) * rows);
      this.#phase += down;
      const steps = Math.floor(this.#phase / up);
      this.#start += steps;
      this.#phase -= steps * up;
    }
    return done;
  }

  /** An output between two rows of the table. */
  #between(row: number): number {
    const { taps, table } = this.#filter;
    const low = Math.floor(row);
    const a = dot(table, low * taps, this.#window, this.#start, taps);
    const b = dot(table, (low + 1) * taps, this.#window, this.#start, taps);
    return a + (b - a) * (row - low);
  }
}

/**
 * A whole clip at another rate.
 * @param sampleRate Hz, whole
 * @returns the clip itself when it has that rate already
 * @throws RangeError when a rate is not a whole number from 1 to 768000
 */
export function resample(audio: Audio, sampleRate: number): Audio {
  assertAudio(audio, "audio");
  assertKind(sampleRate, "sampleRate", "number");
  if (audio.sampleRate === sampleRate) return audio;
  const resampler = new Resampler(audio.sampleRate, sampleRate);
  const body = resampler.push(audio.samples);
  const tail = resampler.flush();
  const samples = new Float32Array(body.length + tail.length);
  samples.set(body);
  samples.set(tail, body.length);
  return new Audio(samples, sampleRate);
}

/** Four sums in a fixed order: fast, and the same for any cut of the input. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let end = aStart + count; aStart < end; aStart += 4, bStart += 4) {
    s0 += a[aStart] * b[bStart];
    s1 += a[aStart + 1] * b[bStart + 1];
    s2 += a[aStart + 2] * b[bStart + 2];
    s3 += a[aStart + 3] * b[bStart + 3];
  }
  return s0 + s1 + (s2 + s3);
}

function filterFor(from: number, to: number): Filter {
  const key = `${from}:${to}`;
  const known = filters.get(key);
  if (known) return known;
  const filter = designFilter(from, to);
  const oldest = filters.keys().next();
  if (filters.size >= MAX_FILTERS && !oldest.done) filters.delete(oldest.value);
  filters.set(key, filter);
  return filter;
}

function designFilter(from: number, to: number): Filter {
  const divisor = greatestCommonDivisor(from, to);
  const up = to / divisor;
  const down = from / divisor;
  const cut = ROLL_OFF * Math.min(1, to / from);
  const half = 2 * Math.ceil(ZERO_CROSSINGS / cut / 2);
  const taps = 2 * half;
  if (up === down) return { up, down, taps, rows: 1, table: new Float64Array(0) };
  const rows = (up + 1) * taps <= MAX_TABLE ? up : Math.ceil(INTERPOLATED_ROWS * cut);
  const table = new Float64Array((rows + 1) * taps);
  for (let row = 0; row <= rows; row++) fillRow(table.subarray(row * taps, (row + 1) * taps), row / rows, cut, half);
  return { up, down, taps, rows, table };
}

/**
 * Coefficients for an output that lies `offset` of a sample after input `half - 1`; their sum is 1,
 * so that constants stay.
 */
function fillRow(row: Float64Array, offset: number, cut: number, half: number): void {
  let sum = 0;
  for (let k = 0; k < row.length; k++) {
    const t = k - half + 1 - offset;
    row[k] = sinc(t * cut) * kaiser(t / half);
    sum += row[k];
  }
  for (let k = 0; k < row.length; k++) row[k] /= sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
}

/** Modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
