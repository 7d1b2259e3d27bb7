/**
 * How much a lower level counts against what was seen in a context, in observations. A mixture of
 * coders with one of these each is used.
 */
const STRENGTHS = [10, 100, 1000, 10_000, 1_000_000] as const;
/** No coder of the mixture ever loses all of its weight, so that it can come back. */
const LEAST_WEIGHT = 1e-6;

/**
 * One level of an adaptive coder: counts of codes after each context, backed off to a lower level,
 * `p = (n(context, code) + s p_lower) / (n(context) + s)`, for several strengths s that are
 * weighted by how well each has predicted so far (a Bayesian mixture, so nothing is tuned by hand).
 */
export class AdaptiveLevel {
  readonly #codebookSize: number;
  readonly #pairs: Map<number, number> = new Map();
  readonly #seen: Map<number, number> = new Map();
  readonly #weights: number[] = STRENGTHS.map(() => 1 / STRENGTHS.length);

  /** @param codebookSize number of codes, V */
  constructor(codebookSize: number) {
    this.#codebookSize = codebookSize;
  }

  /**
   * Says how probable a code was, then learns that it came.
   * @param context a whole number that names what is known, 0 to 2^53 / V
   * @param code 0 to V - 1
   * @param lower probability by the level below
   * @returns above 0, up to 1
   */
  observe(context: number, code: number, lower: number): number {
    const key = context * this.#codebookSize + code;
    const [pairs, seen] = [this.#pairs.get(key) ?? 0, this.#seen.get(context) ?? 0];
    const single = STRENGTHS.map((strength) => (pairs + strength * lower) / (seen + strength));
    const mixed = single.reduce((sum, p, i) => sum + this.#weights[i] * p, 0);
    this.#reweigh(single, mixed);
    this.#pairs.set(key, pairs + 1);
    this.#seen.set(context, seen + 1);
    return mixed;
  }

  #reweigh(single: readonly number[], mixed: number): void {
    let total = 0;
    for (let i = 0; i < single.length; i++) total += this.#weights[i] = Math.max(LEAST_WEIGHT, (this.#weights[i] * single[i]) / mixed);
    for (let i = 0; i < single.length; i++) this.#weights[i] /= total;
  }
}
