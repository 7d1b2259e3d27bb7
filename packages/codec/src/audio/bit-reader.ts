/** Thrown by a {@link BitReader} when the bytes are used up. */
export class OutOfBits extends Error {}

/** Reads bits, most significant first, from bytes. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whole bytes consumed, counting one that has been begun. */
  get bytePosition(): number {
    return (this.#bit + 7) >>> 3;
  }

  /** The next `count` bits, 0 to 32, as an unsigned number. */
  unsigned(count: number): number {
    if (count === 0) return 0;
    if (count > 24) return this.unsigned(count - 16) * 65_536 + this.unsigned(16);
    const value = (this.#word() << (this.#bit & 7)) >>> (32 - count);
    this.#advance(count);
    return value;
  }

  /** The next `count` bits, 0 to 33, as a two's complement number. */
  signed(count: number): number {
    if (count === 0) return 0;
    const high = this.unsigned(1);
    const rest = count > 25 ? this.unsigned(count - 17) * 65_536 + this.unsigned(16) : this.unsigned(count - 1);
    return high === 1 ? rest - 2 ** (count - 1) : rest;
  }

  /** The number of 0 bits before the next 1 bit; both are consumed. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      const window = (this.#word() << (this.#bit & 7)) & 0xffffff00; // 25 bits are sure, 24 are used
      const run = window === 0 ? 24 : Math.clz32(window);
      if (run < 24) {
        this.#advance(run + 1);
        return zeros + run;
      }
      this.#advance(24);
      zeros += 24;
    }
  }

  /** Goes on to the next byte. */
  align(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }

  #word(): number {
    const at = this.#bit >>> 3;
    const bytes = this.#bytes;
    return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }

  #advance(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#bytes.length * 8) throw new OutOfBits("The bits are used up");
  }
}
