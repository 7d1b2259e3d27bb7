import { shuffled } from "./shuffled.ts";

/** How much of a quantity is known from the entry that was chosen. */
export interface ExplainedShare {
  /**
   * Eta squared: variance between entries over the whole variance, 0 to 1. With many entries and
   * few frames it is high for any codes.
   */
  readonly etaSquared: number;
  /** Eta squared of the same codes in random order, mean of three: what chance alone gives. */
  readonly byChance: number;
  /**
   * What is left of eta squared above chance: (etaSquared - byChance) / (1 - byChance), 0 = chance,
   * 1 = all.
   */
  readonly aboveChance: number;
  /**
   * Share of the variance that the means of one half of the clips predict in the other half: 1 =
   * all, 0 or below = nothing. Low too where most entries were seen once or twice only. NaN for one
   * clip alone.
   */
  readonly heldOut: number;
  /** Frames in which the quantity is defined. */
  readonly frames: number;
}

/** Codes of one layer with the values of one quantity. */
export interface CodedValues {
  /** Entry of each frame, `[N]`. */
  readonly codes: Int16Array;
  /** Value of each frame, `[N]`; NaN where it is not defined. */
  readonly values: Float64Array;
  /** Which clip each frame is from, `[N]`. */
  readonly clips: Int32Array;
}

const SHUFFLES = 3;
/**
 * The mean of an entry counts against the mean of all as that many frames: entries that were seen
 * once or twice say little.
 */
const SHRINKAGE = 2;

/**
 * How much of a quantity a layer's codes explain. Halves for `heldOut` are the clips of even and of
 * odd number.
 * @returns undefined when the quantity is defined in fewer than two frames, or does not vary
 */
export function explainedShare({ codes, values, clips }: CodedValues): ExplainedShare | undefined {
  const defined = Array.from(values, (_, i) => i).filter((i) => !Number.isNaN(values[i]));
  const pick = { codes: Int16Array.from(defined, (i) => codes[i]), values: Float64Array.from(defined, (i) => values[i]) };
  const mean = meanOf(pick.values);
  const variation = sumOfSquares(pick.values, () => mean);
  if (defined.length < 2 || variation === 0) return undefined;
  const etaSquared = (order: Int16Array): number => {
    const means = groupMeans(order, pick.values, mean, 0);
    return 1 - sumOfSquares(pick.values, (i) => means.get(order[i]) ?? mean) / variation;
  };
  const byChance = meanOf(Array.from({ length: SHUFFLES }, (_, i) => etaSquared(shuffled(pick.codes, i + 1))));
  const found = etaSquared(pick.codes);
  const half = Uint8Array.from(defined, (i) => clips[i] % 2);
  const missed = (guesses: Int16Array): number => [0, 1].reduce((sum, side) => sum + missedBy({ ...pick, codes: guesses }, half, side), 0);
  const heldOut = half.includes(0) && half.includes(1) ? 1 - missed(pick.codes) / missed(pick.codes.map(() => 0)) : Number.NaN;
  const aboveChance = byChance < 1 ? (found - byChance) / (1 - byChance) : 0;
  return { etaSquared: found, byChance, aboveChance, heldOut, frames: defined.length };
}

/** Squared error on one side of means from the other. */
function missedBy({ codes, values }: Pick<CodedValues, "codes" | "values">, half: Uint8Array, side: number): number {
  const known = Array.from(half, (_, i) => i).filter((i) => half[i] !== side);
  const [knownCodes, knownValues] = [Int16Array.from(known, (i) => codes[i]), Float64Array.from(known, (i) => values[i])];
  const mean = meanOf(knownValues);
  const means = groupMeans(knownCodes, knownValues, mean, SHRINKAGE);
  return values.reduce((sum, x, i) => (half[i] === side ? sum + (x - (means.get(codes[i]) ?? mean)) ** 2 : sum), 0);
}

function groupMeans(codes: Int16Array, values: Float64Array, mean: number, shrinkage: number): Map<number, number> {
  const sums = new Map<number, readonly [sum: number, count: number]>();
  codes.forEach((code, i) => {
    const [sum, count] = sums.get(code) ?? [0, 0];
    sums.set(code, [sum + values[i], count + 1]);
  });
  return new Map([...sums].map(([code, [sum, count]]) => [code, (sum + shrinkage * mean) / (count + shrinkage)]));
}

function sumOfSquares(values: Float64Array, guess: (i: number) => number): number {
  return values.reduce((sum, x, i) => sum + (x - guess(i)) ** 2, 0);
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length === 0 ? 0 : sum / values.length;
}
