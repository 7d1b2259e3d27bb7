import type { FrameDecoder, SavedState } from "../runtime/engine.ts";

/**
 * Loudness at the end of each lost frame in a row; then silence. A held sound turns into a drone
 * after some 0.3 s.
 */
const FADE = [1, 0.7, 0.4, 0.2, 0];

interface ConcealingState {
  readonly inner: SavedState;
  readonly last: Int16Array | undefined;
  readonly lost: number;
}

/**
 * A decoder that can be told of lost frames: the last frame that came is decoded again, and the
 * sound fades out over five frames. The first frame that comes after the loss fades in. Fades are
 * linear in samples that are given back, so they lag behind the codes by the decoder's delay.
 * Nothing changes for clips without loss.
 */
export class ConcealingDecoder implements FrameDecoder {
  readonly #decoder: Omit<FrameDecoder, "conceal">;
  readonly #layers: number;
  /** `[K]`, undefined before the first frame. */
  #last: Int16Array | undefined;
  /** Lost frames in a row. */
  #lost = 0;

  /** @param layers K of the model */
  constructor(decoder: Omit<FrameDecoder, "conceal">, layers: number) {
    this.#decoder = decoder;
    this.#layers = layers;
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    if (codes.length === 0) return this.#decoder.push(codes);
    const from = gainAfter(this.#lost);
    this.#lost = 0;
    this.#last = codes.slice(-this.#layers);
    if (from === 1) return this.#decoder.push(codes);
    const first = await this.#decoder.push(codes.subarray(0, this.#layers));
    const rest = codes.length > this.#layers ? await this.#decoder.push(codes.subarray(this.#layers)) : new Float32Array(0);
    const out = new Float32Array(first.length + rest.length);
    out.set(faded(first, from, 1));
    out.set(rest, first.length);
    return out;
  }

  async conceal(): Promise<Float32Array> {
    const from = gainAfter(this.#lost);
    this.#lost++;
    const again = this.#last ?? new Int16Array(this.#layers);
    const to = gainAfter(this.#lost);
    return faded(await this.#decoder.push(again), this.#last ? from : 0, this.#last ? to : 0);
  }

  async flush(): Promise<Float32Array> {
    const gain = gainAfter(this.#lost);
    this.#forget();
    return faded(await this.#decoder.flush(), gain, gain);
  }

  async reset(): Promise<void> {
    this.#forget();
    await this.#decoder.reset();
  }

  async save(): Promise<SavedState> {
    return { inner: await this.#decoder.save(), last: this.#last, lost: this.#lost } satisfies ConcealingState;
  }

  async restore(state: SavedState): Promise<void> {
    const { inner, last, lost } = state as ConcealingState;
    await this.#decoder.restore(inner);
    this.#last = last;
    this.#lost = lost;
  }

  setGains(gains: Float32Array): Promise<void> {
    return this.#decoder.setGains(gains);
  }

  close(): Promise<void> {
    return this.#decoder.close();
  }

  #forget(): void {
    this.#last = undefined;
    this.#lost = 0;
  }
}

function gainAfter(lost: number): number {
  return lost === 0 ? 1 : (FADE[lost - 1] ?? 0);
}

/** A copy whose loudness goes from one factor to the other; the same samples where both are 1. */
function faded(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === 1 && to === 1) return samples;
  return samples.map((x, i) => x * (from + ((to - from) * (i + 1)) / samples.length));
}
