import type { CipherSuite } from "../sframe/cipher-suite.ts";
import { ratchet } from "../sframe/key-derivation.ts";
import { SFrameKey } from "../sframe/sframe-key.ts";

/** Frames under one key: counters stay within two bytes. 87 minutes at 12.5 frames/s. */
export const EPOCH_FRAMES = 65_536;
/** Key ids that codes take in turn. */
export const EPOCH_KIDS = 4;

/**
 * The keys of one direction, each from the one before: RFC 9605 section 5.1. Epoch e holds frames e
 * x 65536 and up, under key id e mod 4.
 */
export class EpochKeys {
  readonly #suite: CipherSuite;
  /** Base keys by epoch; those before the last two are forgotten. */
  readonly #bases: Map<number, Uint8Array>;
  readonly #keys: Map<number, Promise<SFrameKey>> = new Map();
  #newest = 0;

  /** @param baseKey of epoch 0 */
  constructor(suite: CipherSuite, baseKey: Uint8Array) {
    this.#suite = suite;
    this.#bases = new Map([[0, baseKey]]);
  }

  /** Epoch of the newest frame that was told to {@link EpochKeys.use}. */
  get newest(): number {
    return this.#newest;
  }

  /** The epoch of a key id, near the newest one: from the one before it to two after it. */
  epochOf(kid: number): number {
    const ahead = (((kid - this.#newest) % EPOCH_KIDS) + EPOCH_KIDS) % EPOCH_KIDS;
    return ahead === EPOCH_KIDS - 1 ? this.#newest - 1 : this.#newest + ahead;
  }

  /** The key of an epoch, or undefined where it was forgotten. */
  key(epoch: number): Promise<SFrameKey> | undefined {
    if (epoch < Math.max(0, this.#newest - 1)) return undefined;
    const made = this.#keys.get(epoch) ?? this.#derive(epoch);
    this.#keys.set(epoch, made);
    return made;
  }

  /**
   * A genuine packet of this epoch was made or read: keys from before the last two epochs are
   * forgotten.
   */
  use(epoch: number): void {
    if (epoch <= this.#newest) return;
    this.#newest = epoch;
    for (const old of [...this.#keys.keys()].filter((e) => e < epoch - 1)) this.#keys.delete(old);
    for (const old of [...this.#bases.keys()].filter((e) => e < epoch - 1)) this.#bases.delete(old);
  }

  async #derive(epoch: number): Promise<SFrameKey> {
    let at = Math.max(...[...this.#bases.keys()].filter((e) => e <= epoch));
    let base = this.#bases.get(at) as Uint8Array;
    for (; at < epoch; at++) {
      base = await ratchet(this.#suite, base);
      this.#bases.set(at + 1, base);
    }
    return SFrameKey.derive(this.#suite, base, BigInt(epoch % EPOCH_KIDS));
  }
}
