/** Points on the plane in which they vary most. */
export interface PrincipalPlane {
  /** `[N]`, mean 0; both axes in the same unit. */
  readonly x: Float64Array;
  /** `[N]` */
  readonly y: Float64Array;
  /** Shares of the whole variance along the two axes, 0 to 1. */
  readonly shares: readonly [x: number, y: number];
}

const MOST_ROUNDS = 200;
/** A direction that turns by less (cosine) is found. */
const STILL = 1e-10;

/**
 * The first two principal components (Pearson 1901), by repeated multiplication with the
 * covariance.
 * @param rows `[N, D]` row-major, N and D of 2 or more
 * @param width D
 */
export function principalPlane(rows: Float32Array, width: number): PrincipalPlane {
  const centred = withoutMean(rows, width);
  const covariance = covarianceOf(centred, width);
  const whole = covariance.reduce((sum, row, i) => sum + row[i], 0);
  const first = largestDirection(covariance);
  const second = largestDirection(deflated(covariance, first));
  const share = ({ variance }: Direction): number => (whole === 0 ? 0 : variance / whole);
  return { x: projected(centred, first.axis), y: projected(centred, second.axis), shares: [share(first), share(second)] };
}

interface Direction {
  readonly axis: Float64Array;
  readonly variance: number;
}

function withoutMean(rows: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  const out = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) sums[i % width] += rows[i];
  for (let i = 0; i < rows.length; i++) out[i] = rows[i] - (sums[i % width] * width) / rows.length;
  return out;
}

function covarianceOf(rows: Float64Array, width: number): Float64Array[] {
  const out = Array.from({ length: width }, () => new Float64Array(width));
  for (let at = 0; at < rows.length; at += width)
    for (let i = 0; i < width; i++) {
      const [row, factor] = [out[i], rows[at + i]];
      for (let j = 0; j < width; j++) row[j] += factor * rows[at + j];
    }
  return out.map((row) => row.map((sum) => (sum * width) / rows.length));
}

function largestDirection(matrix: readonly Float64Array[]): Direction {
  let axis = unit(Float64Array.from(matrix, (row, i) => 1 + row[i])); // no direction that a codebook would have by accident at a right angle
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = unit(times(matrix, axis));
    const turned = 1 - Math.abs(dot(next, axis));
    axis = next;
    if (turned < STILL) break;
  }
  return { axis, variance: dot(times(matrix, axis), axis) };
}

/** The matrix without what lies along a direction. */
function deflated(matrix: readonly Float64Array[], { axis, variance }: Direction): Float64Array[] {
  return matrix.map((row, i) => row.map((value, j) => value - variance * axis[i] * axis[j]));
}

function projected(rows: Float64Array, axis: Float64Array): Float64Array {
  return Float64Array.from({ length: rows.length / axis.length }, (_, i) =>
    dot(rows.subarray(i * axis.length, (i + 1) * axis.length), axis),
  );
}

function times(matrix: readonly Float64Array[], vector: Float64Array): Float64Array {
  return Float64Array.from(matrix, (row) => dot(row, vector));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((x) => x / length);
}
