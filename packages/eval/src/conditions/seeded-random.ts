/** Hash FNV-1a of 32 bits (Fowler, Noll, Vo), over the UTF-16 units of a text. */
const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;
/**
 * The generator of Park and Miller, CACM 31 (1988), with the multiplier of their 1993 answer: state
 * <- 48271 state mod (2^31 - 1).
 */
const MULTIPLIER = 48_271;
const MODULUS = 2_147_483_647;

/**
 * Numbers that follow from a text alone: the same on every machine. For noise and lost packets, not
 * for secrets.
 */
export class SeededRandom {
  #state: number;
  #spare: number | undefined;

  /** @param key any text; other keys give other numbers */
  constructor(key: string) {
    let hash = FNV_OFFSET;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME) >>> 0;
    this.#state = 1 + (hash % (MODULUS - 1));
    for (let i = 0; i < 4; i++) this.uniform(); // near keys begin with near numbers
  }

  /** The next number, above 0 and below 1. */
  uniform(): number {
    this.#state = (this.#state * MULTIPLIER) % MODULUS;
    return this.#state / MODULUS;
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
