import { SeededDice } from "@twelvehz/transport";

/** Hash FNV-1a of 32 bits (Fowler, Noll, Vo), over the UTF-16 units of a text. */
const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;

/**
 * Numbers that follow from a text alone: the same on every machine. For noise and lost packets, not
 * for secrets.
 */
export class SeededRandom extends SeededDice {
  #spare: number | undefined;

  /** @param key any text; other keys give other numbers */
  constructor(key: string) {
    let hash = FNV_OFFSET;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME) >>> 0;
    super(hash);
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** The next number of a normal distribution with mean 0 and variance 1 (Box and Muller 1958). */
  normal(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const [radius, angle] = [Math.sqrt(-2 * Math.log(this.uniform())), 2 * Math.PI * this.uniform()];
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
