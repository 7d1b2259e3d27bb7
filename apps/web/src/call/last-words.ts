import { joinFloats } from "@twelvehz/codec/internal";
import { Audio } from "@twelvehz/codec/web";

/** Seconds that are kept. */
const SECONDS = 8;

/** What was said last, so that it can be heard through other codecs. */
export class LastWords {
  readonly #sampleRate: number;
  readonly #pieces: Float32Array[] = [];
  #samples = 0;

  /** @param sampleRate Hz of what is added */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** Adds a piece, which is kept, not copied. */
  add(piece: Float32Array): void {
    this.#pieces.push(piece);
    this.#samples += piece.length;
    while (this.#samples - this.#pieces[0].length >= SECONDS * this.#sampleRate) this.#samples -= this.#pieces.shift()?.length ?? 0;
  }

  /** The last eight seconds, or what there is of them. */
  get audio(): Audio {
    return new Audio(joinFloats(this.#pieces), this.#sampleRate);
  }
}
