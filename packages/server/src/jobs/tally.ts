/** How many there are of each name; names of which there are none are forgotten. */
export class Tally {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, change: 1 | -1): void {
    const count = this.of(name) + change;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }

  /** Names and counts, all 1 or more. */
  entries(): Iterable<readonly [name: string, count: number]> {
    return this.#counts;
  }
}
