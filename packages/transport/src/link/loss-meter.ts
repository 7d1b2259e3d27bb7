/** What was lost lately. */
export interface LossFigures {
  /** Part that was lost, 0 to 1. */
  readonly loss: number;
  /** Mean lost in a row; 0 without loss. */
  readonly burst: number;
  /** Most lost in a row. */
  readonly longest: number;
}

/**
 * Loss over the last frames, whose fate is told one by one in the order of play, and again where a
 * packet comes too late: that is no loss, and copies would not mend it.
 */
export class LossMeter {
  readonly #size: number;
  /** The oldest first. */
  #fates: { readonly frame: number; isLost: boolean }[] = [];

  /** @param size frames that are looked back on; 40 are 3.2 seconds at 12.5 a second */
  constructor(size = 40) {
    this.#size = size;
  }

  /** The packet of the next frame is here when the frame is to be played, or is not. */
  add(frame: number, isLost: boolean): void {
    this.#fates.push({ frame, isLost });
    if (this.#fates.length > this.#size) this.#fates.shift();
  }

  /** The packet of a frame has come after all. */
  came(frame: number): void {
    for (const fate of this.#fates) if (fate.frame === frame) fate.isLost = false;
  }

  get figures(): LossFigures {
    const runs: number[] = [];
    this.#fates.forEach(({ isLost }, i) => {
      if (!isLost) return;
      if (i > 0 && this.#fates[i - 1].isLost) runs[runs.length - 1]++;
      else runs.push(1);
    });
    const lost = runs.reduce((sum, run) => sum + run, 0);
    return {
      loss: this.#fates.length === 0 ? 0 : lost / this.#fates.length,
      burst: runs.length === 0 ? 0 : lost / runs.length,
      longest: Math.max(0, ...runs),
    };
  }
}
