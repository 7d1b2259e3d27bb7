const MOST = 2_147_483_646;

/**
 * Numbers that follow from a seed alone, the same on every machine: the generator of Park and
 * Miller, CACM 31 (1988), with the multiplier of 1993. Not for secrets.
 */
export class SeededDice {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = 1 + (((seed % MOST) + MOST) % MOST);
    for (let i = 0; i < 4; i++) this.uniform(); // near seeds begin with near numbers
  }

  /** Above 0 and below 1. */
  uniform(): number {
    this.#state = (this.#state * 48_271) % (MOST + 1);
    return this.#state / (MOST + 1);
  }

  /** True with this chance, 0 to 1. */
  falls(chance: number): boolean {
    return this.uniform() < chance;
  }
}
