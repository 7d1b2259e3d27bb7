import type { FrameDecoder, SavedState } from "../runtime/engine.ts";

/**
 * Loudness at the end of each lost frame in a row; then silence. A held sound turns into a drone
 * after some 0.3 s.
 */
const FADE = [1, 0.7, 0.4, 0.2, 0];
/** Frames that a predictor looks back on. */
export const PREDICTOR_PAST = 3;

/** A frame as a decoder hears it. */
export interface HeardFrame {
  /** Of its first layers. */
  readonly codes: Int16Array;
  /** Factor of each layer, `[K]`; undefined = 1. */
  readonly gains?: Float32Array | undefined;
}

/** Makes up a frame from those around it. */
export interface FramePredictor {
  /**
   * @param past {@link PREDICTOR_PAST} frames, the oldest first
   * @param next the frame after the lost one, where it has come
   * @returns codes `[K]` of the lost frame
   */
  predict(past: readonly HeardFrame[], next?: HeardFrame): Int16Array;
}

interface ConcealingState {
  readonly inner: SavedState;
  readonly past: readonly HeardFrame[];
  readonly gains: Float32Array | undefined;
  readonly lost: number;
}

/**
 * A decoder that can be told of lost frames: a frame is made up by the predictor, or, where there
 * is none, the last frame that came is decoded again; the sound fades out over five frames. The
 * first frame that comes after the loss fades in. Fades are linear in samples that are given back,
 * so they lag behind the codes by the decoder's delay. Nothing changes for clips without loss.
 */
export class ConcealingDecoder implements FrameDecoder {
  readonly #decoder: Omit<FrameDecoder, "conceal">;
  readonly #layers: number;
  readonly #predictor: (() => Promise<FramePredictor>) | undefined;
  /** The newest last, at most {@link PREDICTOR_PAST}. */
  #past: readonly HeardFrame[] = [];
  #gains: Float32Array | undefined;
  /** Lost frames in a row. */
  #lost = 0;

  /**
   * @param layers K of the model
   * @param predictor gives one when the first frame is lost
   */
  constructor(decoder: Omit<FrameDecoder, "conceal">, layers: number, predictor?: () => Promise<FramePredictor>) {
    this.#decoder = decoder;
    this.#layers = layers;
    this.#predictor = predictor;
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    if (codes.length === 0) return this.#decoder.push(codes);
    const from = gainAfter(this.#lost);
    this.#lost = 0;
    this.#remember(codes);
    if (from === 1) return this.#decoder.push(codes);
    const first = await this.#decoder.push(codes.subarray(0, this.#layers));
    const rest = codes.length > this.#layers ? await this.#decoder.push(codes.subarray(this.#layers)) : new Float32Array(0);
    const out = new Float32Array(first.length + rest.length);
    out.set(faded(first, from, 1));
    out.set(rest, first.length);
    return out;
  }

  async conceal(next?: Int16Array): Promise<Float32Array> {
    const from = gainAfter(this.#lost);
    this.#lost++;
    const to = gainAfter(this.#lost);
    if (this.#past.length === 0) return faded(await this.#decoder.push(new Int16Array(this.#layers)), 0, 0);
    return faded(await this.#makeUp(next), from, to);
  }

  async #makeUp(next: Int16Array | undefined): Promise<Float32Array> {
    if (!this.#predictor || this.#past.length < PREDICTOR_PAST) return this.#decoder.push(this.#past[this.#past.length - 1].codes);
    const predictor = await this.#predictor();
    const codes = predictor.predict(this.#past, next && { codes: next });
    const gains = this.#gains;
    if (gains) await this.#decoder.setGains(new Float32Array(this.#layers).fill(1));
    this.#gains = undefined;
    this.#remember(codes);
    const samples = await this.#decoder.push(codes);
    if (gains) await this.#decoder.setGains(gains);
    this.#gains = gains;
    return samples;
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
    const inner = await this.#decoder.save();
    return { inner, past: this.#past, gains: this.#gains, lost: this.#lost } satisfies ConcealingState;
  }

  async restore(state: SavedState): Promise<void> {
    const { inner, past, gains, lost } = state as ConcealingState;
    await this.#decoder.restore(inner);
    this.#past = past;
    this.#gains = gains;
    this.#lost = lost;
  }

  setGains(gains: Float32Array): Promise<void> {
    this.#gains = gains.slice();
    return this.#decoder.setGains(gains);
  }

  close(): Promise<void> {
    return this.#decoder.close();
  }

  #remember(codes: Int16Array): void {
    const gains = this.#gains;
    const whole = codes.slice(-PREDICTOR_PAST * this.#layers);
    const frames = Array.from({ length: whole.length / this.#layers }, (_, t) => whole.slice(t * this.#layers, (t + 1) * this.#layers));
    this.#past = [...this.#past, ...frames.map((frame) => ({ codes: frame, gains }))].slice(-PREDICTOR_PAST);
  }

  #forget(): void {
    this.#past = [];
    this.#gains = undefined;
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
