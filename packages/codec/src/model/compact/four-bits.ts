/**
 * Weights of 4 bits for C: the nearest to those of 8 bits, with one scale a row, without training.
 * What that costs is in embedded/README.md.
 */

/** A row's weights are `scale x (-8 to 7)`. */
const [LOWEST, HIGHEST] = [-8, 7];
/** Shares of a row's largest weight that become 7: the one with the least squared error is taken. */
const CLIPS: readonly number[] = Array.from({ length: 16 }, (_, i) => 1 - i / 32);

/** Rows of whole numbers, each with its scale. */
export interface ScaledRows {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/** Rows of int8 as rows of numbers from -8 to 7. */
export function toFourBits({ data, scales }: ScaledRows): ScaledRows {
  const width = data.length / scales.length;
  const out = { data: new Int8Array(data.length), scales: new Float32Array(scales.length) };
  for (let row = 0; row < scales.length; row++) {
    const from = data.subarray(row * width, (row + 1) * width);
    const step = bestStep(from);
    for (let i = 0; i < width; i++) out.data[row * width + i] = nearest(from[i], step);
    out.scales[row] = scales[row] * step;
  }
  return out;
}

function nearest(weight: number, step: number): number {
  return Math.max(LOWEST, Math.min(HIGHEST, Math.round(weight / step)));
}

/** What a row is best divided by, in units of its int8. */
function bestStep(row: Int8Array): number {
  const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1);
  const counts = new Map<number, number>();
  for (const weight of row) counts.set(weight, (counts.get(weight) ?? 0) + 1);
  let [best, leastError] = [largest / HIGHEST, Number.POSITIVE_INFINITY];
  for (const clip of CLIPS) {
    const step = (largest * clip) / HIGHEST;
    let error = 0;
    for (const [weight, count] of counts) error += count * (nearest(weight, step) * step - weight) ** 2;
    if (error < leastError) [best, leastError] = [step, error];
  }
  return best;
}

/**
 * `[rows, columns]` of -8 to 7 -> words `[rows / 4, columns / 8, 4 rows]` of eight columns each:
 * the weights plus 8, columns 0 2 4 6 in the lower half and 1 3 5 7 in the upper, the first lowest.
 */
export function packFourBits(data: Int8Array, rows: number): Uint32Array {
  const columns = data.length / rows;
  const words = new Uint32Array(data.length / 8);
  for (let row = 0; row < rows; row++) {
    let at = row * columns;
    for (let word = (row - (row % 4)) * (columns / 8) + (row % 4), end = at + columns; at < end; at += 8, word += 4)
      words[word] = eight(data, at);
  }
  return words;
}

function eight(data: Int8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word |= (data[at + i] - LOWEST) << (4 * (i >> 1) + 16 * (i & 1));
  return word;
}
