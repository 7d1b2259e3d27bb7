/** Mean of a sample with its interval of confidence. */
export interface Interval {
  readonly mean: number;
  /**
   * Half the width of the 95 % interval of the mean: mean - halfWidth to mean + halfWidth. 0 when
   * there is one value: nothing is known then.
   */
  readonly halfWidth: number;
  /** Values in the sample. */
  readonly count: number;
}

const CONFIDENCE = 0.95;

/**
 * Mean and its 95 % interval by Student's t: `s / sqrt(n)` times the quantile for n - 1 degrees of
 * freedom (Student, "The probable error of a mean", Biometrika 6, 1908). The values must be
 * independent: here, one for each clip.
 * @returns undefined when there are no values
 */
export function meanInterval(values: readonly number[]): Interval | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  if (count === 1) return { mean, halfWidth: 0, count };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: studentQuantile(count - 1) * Math.sqrt(variance / count), count };
}

/**
 * The value that the absolute value of Student's t stays below with a probability of 95 %.
 * @param freedom degrees of freedom, whole, 1 or more
 */
export function studentQuantile(freedom: number): number {
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const angle = (low + high) / 2;
    if (studentWithin(angle, freedom) < CONFIDENCE) low = angle;
    else high = angle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/**
 * Probability of |t| below `sqrt(freedom) * tan(angle)`: equations 26.7.3 (odd) and 26.7.4 (even)
 * of Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964.
 */
function studentWithin(angle: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = 0;
  for (let k = isOdd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= ((k - 1) / k) * cosine * cosine;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
