import { BINS } from "./frames.ts";
import { BIN_UNITS } from "./phase-gradient.ts";

/** Magnitudes below this are raised to it when they are made from bands. */
const SMALLEST_MAGNITUDE = 1e-4;
const BISECTIONS = 80;

/** A linear map whose rows touch only neighbouring inputs. */
interface SparseRow {
  /** First input. */
  readonly start: number;
  /** Weights of inputs `start`, `start + 1`, ... */
  readonly weights: Float64Array;
}

/**
 * Log bands of a magnitude spectrum and back. The centres of the first `singleBins` bands are
 * single bins; the distances of the rest grow geometrically up to the end. A band is a triangle
 * between its neighbours' centres, of weight 1 in all, over `log(magnitude + floor)`; the way back
 * interpolates linearly between the centres.
 */
export class LogBands {
  /** Number of bands. */
  readonly bands: number;
  readonly #floor: number;
  readonly #bandRows: readonly SparseRow[];
  readonly #binRows: readonly SparseRow[];
  /** The band below each bin, and the share of the one above it in {@link BIN_UNITS}, rounded down. */
  readonly #lower: Uint16Array;
  readonly #shares: Int32Array;
  readonly #logs = new Float64Array(BINS);

  /**
   * @param bands number of bands, more than `singleBins`
   * @param singleBins number of lowest bands that are single bins
   * @param floor added to magnitudes before the logarithm
   */
  constructor(bands: number, singleBins: number, floor: number) {
    const centres = bandCentres(bands, singleBins);
    this.bands = bands;
    this.#floor = floor;
    this.#bandRows = centres.map((_, band) => triangle(centres, band));
    this.#binRows = Array.from({ length: BINS }, (_, bin) => interpolation(centres, bin));
    const { lower, share } = binInterpolation(bands, singleBins);
    this.#lower = lower;
    this.#shares = Int32Array.from(share, (s) => Math.fround(s) * BIN_UNITS); // float32, as a blob has it
  }

  /** Magnitudes `[481]` -> log bands, written to `out` `[bands]`. */
  fromMagnitudes(magnitudes: Float64Array, out: Float32Array): void {
    for (let k = 0; k < BINS; k++) this.#logs[k] = Math.log(magnitudes[k] + this.#floor);
    for (let band = 0; band < this.bands; band++) out[band] = dot(this.#bandRows[band], this.#logs);
  }

  /** Log bands `[bands]` -> magnitudes, written to `out` `[481]`, at least 1e-4. */
  toMagnitudes(bands: Float32Array, out: Float64Array): void {
    for (let k = 0; k < BINS; k++) out[k] = Math.max(Math.exp(dot(this.#binRows[k], bands)) - this.#floor, SMALLEST_MAGNITUDE);
  }

  /**
   * Priorities of bands, 16 bits, `[bands]` -> those of bins, in units {@link BIN_UNITS} times finer,
   * written to `out` `[481]`. Whole numbers without rounding.
   */
  toPriorities(bands: Int32Array, out: Int32Array): void {
    for (let k = 0; k < BINS; k++) {
      const [lower, share] = [this.#lower[k], this.#shares[k]];
      out[k] = (BIN_UNITS - share) * bands[lower] + share * bands[lower + 1];
    }
  }
}

/**
 * The way back from bands to bins as tables, for a decoder elsewhere: the value at bin k lies
 * between those of bands `lower[k]` and `lower[k] + 1`, by `share[k]` of the upper one. `[481]`
 * each.
 */
export function binInterpolation(bands: number, singleBins: number): { readonly lower: Uint16Array; readonly share: Float64Array } {
  const centres = bandCentres(bands, singleBins);
  const rows = Array.from({ length: BINS }, (_, bin) => interpolation(centres, bin));
  const isLast = ({ start }: SparseRow): boolean => start === bands - 1; // beyond the last centre: all of the upper band
  return {
    lower: Uint16Array.from(rows, (row) => (isLast(row) ? bands - 2 : row.start)),
    share: Float64Array.from(rows, (row) => (isLast(row) ? 1 : (row.weights[1] ?? 0))),
  };
}

/**
 * The way from bins to bands as tables, for an encoder elsewhere: band b is the sum of `count[b]`
 * logs from `first[b]` on, `[bands]` each, times the next `count[b]` of `share`.
 */
export function bandTriangles(
  bands: number,
  singleBins: number,
): { readonly first: Uint16Array; readonly count: Uint16Array; readonly share: Float32Array } {
  const centres = bandCentres(bands, singleBins);
  const rows = centres.map((_, band) => triangle(centres, band));
  return {
    first: Uint16Array.from(rows, ({ start }) => start),
    count: Uint16Array.from(rows, ({ weights }) => weights.length),
    share: Float32Array.from(rows.flatMap(({ weights }) => [...weights])),
  };
}

function dot(row: SparseRow, x: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < row.weights.length; i++) sum += row.weights[i] * x[row.start + i];
  return sum;
}

/**
 * Centres in bins: 0, 1, ... `single - 1`, then widths 1, g, g^2, ... with g such that they fill
 * the rest.
 */
function bandCentres(bands: number, single: number): readonly number[] {
  const growing = bands - single;
  const ratio = growthRatio(growing, BINS - 1 - single);
  const centres = Array.from({ length: single }, (_, i) => i);
  for (let i = 0, width = 1; i < growing; i++, width = ratio ** i) centres.push(centres[centres.length - 1] + width);
  return centres;
}

/** The g > 1 with 1 + g + ... + g^(count - 1) = span. */
function growthRatio(count: number, span: number): number {
  let low = 1.0001;
  let high = 1.5;
  for (let i = 0; i < BISECTIONS; i++) {
    const g = (low + high) / 2;
    if ((g ** count - 1) / (g - 1) < span) low = g;
    else high = g;
  }
  return (low + high) / 2;
}

function triangle(centres: readonly number[], band: number): SparseRow {
  const left = band > 0 ? centres[band - 1] : -1;
  const centre = centres[band];
  const right = band + 1 < centres.length ? centres[band + 1] : BINS;
  const start = Math.max(0, Math.ceil(left));
  const end = Math.min(BINS - 1, Math.floor(right));
  const heights = Float64Array.from({ length: end - start + 1 }, (_, i) => {
    const bin = start + i;
    return Math.max(0, Math.min((bin - left) / (centre - left), (right - bin) / (right - centre)));
  });
  const total = heights.reduce((sum, h) => sum + h, 0);
  return { start, weights: heights.map((h) => h / total) };
}

function interpolation(centres: readonly number[], bin: number): SparseRow {
  const above = centres.findIndex((c) => c >= bin);
  if (above === -1) return { start: centres.length - 1, weights: Float64Array.of(1) };
  if (above === 0) return { start: 0, weights: Float64Array.of(1) };
  const share = (bin - centres[above - 1]) / (centres[above] - centres[above - 1]);
  return { start: above - 1, weights: Float64Array.of(1 - share, share) };
}
