/** Time over which the rate is measured, ms. */
const SPAN_MS = 3000;

/** Bits a second of frames as they are made, over the last three seconds. */
export class BitRate {
  readonly #pieces: { readonly atMs: number; readonly bits: number }[] = [];

  /** Frames of so many bits in all were made at this time. */
  add(atMs: number, bits: number): void {
    this.#pieces.push({ atMs, bits });
    while (atMs - this.#pieces[0].atMs > SPAN_MS) this.#pieces.shift();
  }

  /** Undefined before the second call. */
  get bitsPerSecond(): number | undefined {
    const first = this.#pieces[0];
    const last = this.#pieces.at(-1);
    if (!first || !last || last.atMs === first.atMs) return undefined;
    const bits = this.#pieces.reduce((sum, piece) => sum + piece.bits, -first.bits);
    return (1000 * bits) / (last.atMs - first.atMs);
  }
}
