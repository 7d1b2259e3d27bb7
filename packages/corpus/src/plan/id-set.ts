import { createHash } from "node:crypto";

/** Names that have been seen, at 16 to 32 bytes each: a million fit in 32 MB. */
export class IdSet {
  #slots = new BigUint64Array(1 << 12);
  #count = 0;

  /**
   * Adds a name.
   * @returns false when it was there; two of n names are taken for one with a probability of n^2 /
   * 2^65
   */
  add(id: string): boolean {
    if (4 * ++this.#count > 3 * this.#slots.length) this.#grow();
    const isNew = place(this.#slots, createHash("sha256").update(id).digest().readBigUInt64LE() | 1n);
    if (!isNew) this.#count--;
    return isNew;
  }

  #grow(): void {
    const larger = new BigUint64Array(2 * this.#slots.length);
    for (const hash of this.#slots) if (hash !== 0n) place(larger, hash);
    this.#slots = larger;
  }
}

/** Puts a hash, never 0, into the next free slot. */
function place(slots: BigUint64Array, hash: bigint): boolean {
  const mask = slots.length - 1;
  for (let at = Number(hash & 0x3fffffffffffffn) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === hash) return false;
    if (slots[at] === 0n) {
      slots[at] = hash;
      return true;
    }
  }
}
