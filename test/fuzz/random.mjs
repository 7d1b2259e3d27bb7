/** Seeded random numbers: equal seeds give equal inputs on every machine. */

/** Numbers that parsers get wrong: limits of the integer types, and what lies next to them. */
const EXTREMES = [
  0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** A source of random choices. */
export class Random {
  #state;

  /** @param {string} seed any text */
  constructor(seed) {
    this.#state = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) this.#state = Math.imul(this.#state ^ seed.charCodeAt(i), 0x01000193);
    for (let i = 0; i < 4; i++) this.next();
  }

  /** The next 32 bits, 0 to 2^32 - 1: a Weyl sequence through the finalizer of MurmurHash3. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  }

  /** A whole number from 0 to `end - 1`; 0 when `end` is 0. @param {number} end */
  below(end) {
    return end > 0 ? this.next() % end : 0;
  }

  /** True in one of `n` cases. @param {number} n */
  oneIn(n) {
    return this.below(n) === 0;
  }

  /** One of some items. @template T @param {readonly T[]} items @returns {T} */
  pick(items) {
    return items[this.below(items.length)];
  }

  /** A number that parsers get wrong. */
  extreme() {
    return this.pick(EXTREMES);
  }
}
