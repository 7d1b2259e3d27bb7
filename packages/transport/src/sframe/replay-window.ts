/**
 * Remembers which numbers were seen, back to a distance: what is older counts as seen (RFC 9605
 * section 9.3; the sliding window of RFC 4303, section 3.4.3).
 */
export class ReplayWindow {
  readonly #seen: Uint8Array;
  #highest = -1;

  /** @param size numbers that are told apart, from the highest back */
  constructor(size = 1024) {
    this.#seen = new Uint8Array(size);
  }

  /** True when the number was not seen before and is not too old to know. Nothing is remembered. */
  isNew(number: number): boolean {
    if (number > this.#highest) return true;
    return number > this.#highest - this.#seen.length && this.#seen[number % this.#seen.length] === 0;
  }

  /** Remembers a number, once its packet has proved genuine. */
  add(number: number): void {
    const size = this.#seen.length;
    for (let n = Math.max(this.#highest + 1, number - size + 1); n <= number; n++) this.#seen[n % size] = 0;
    this.#highest = Math.max(this.#highest, number);
    this.#seen[number % size] = 1;
  }
}
