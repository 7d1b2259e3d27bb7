/** Level and silence of a clip, as it goes by. */

/** Blocks of a second: 20 ms each. */
const BLOCKS_OF_SECOND = 50;
/** Power of a block that is silent whatever the rest is: -60 dBFS. */
const SILENT_POWER = 1e-6;
/** Power relative to the loudest block that is silent: -40 dB. */
const RELATIVE_POWER = 1e-4;
/** Lowest level that is told, dBFS. */
const LOWEST_DB = -120;

/** Measures mono samples at one rate, in pieces. */
export class Loudness {
  readonly #blockLength: number;
  readonly #powers: number[] = [];
  #sum = 0;
  #count = 0;
  #total = 0;
  #samples = 0;

  constructor(sampleRate: number) {
    this.#blockLength = Math.round(sampleRate / BLOCKS_OF_SECOND);
  }

  /** Takes a piece. */
  add(samples: Float32Array): void {
    for (const x of samples) {
      this.#sum += x * x;
      if (++this.#count === this.#blockLength) this.#endBlock();
    }
  }

  #endBlock(): void {
    this.#powers.push(this.#sum / this.#count);
    this.#total += this.#sum;
    this.#samples += this.#count;
    this.#sum = 0;
    this.#count = 0;
  }

  /** RMS of all in dBFS, at least -120; share of silent blocks, 0 to 1. Both are 32-bit floats. */
  finish(): { levelDb: number; silence: number } {
    if (this.#count > 0) this.#endBlock();
    const loudest = this.#powers.reduce((a, b) => Math.max(a, b), 0);
    const limit = Math.max(SILENT_POWER, RELATIVE_POWER * loudest);
    const silent = this.#powers.filter((power) => power < limit).length;
    const levelDb = Math.max(LOWEST_DB, 10 * Math.log10(this.#total / Math.max(1, this.#samples)));
    return { levelDb: Math.fround(levelDb), silence: Math.fround(silent / Math.max(1, this.#powers.length)) };
  }
}
