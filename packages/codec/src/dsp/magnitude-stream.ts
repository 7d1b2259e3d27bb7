import type { RealFft } from "./fft.ts";
import { BINS, HOP, WINDOW, WINDOW_SIZE } from "./frames.ts";

/**
 * Samples in, magnitudes of the short-time spectrum out, step by step. Step t sees samples
 * `(t + 1) * 240 - 960` to `(t + 1) * 240 - 1`; zeros before the first.
 */
export class MagnitudeStream {
  readonly #fft: RealFft;
  readonly #past = new Float32Array(WINDOW_SIZE);

  /** @param fft of {@link WINDOW_SIZE} points; may be shared, it is used only inside a call */
  constructor(fft: RealFft) {
    this.#fft = fft;
  }

  /**
   * @param samples one hop, `[240]`
   * @param out receives the magnitudes, `[481]`
   */
  step(samples: Float32Array, out: Float64Array): void {
    this.#past.copyWithin(0, HOP);
    this.#past.set(samples, WINDOW_SIZE - HOP);
    const { time, spectrum } = this.#fft;
    for (let i = 0; i < WINDOW_SIZE; i++) time[i] = this.#past[i] * WINDOW[i];
    this.#fft.forward();
    out[0] = Math.abs(spectrum[0]);
    out[BINS - 1] = Math.abs(spectrum[1]);
    for (let k = 1; k < BINS - 1; k++) {
      const re = spectrum[2 * k];
      const im = spectrum[2 * k + 1];
      out[k] = Math.sqrt(re * re + im * im);
    }
  }

  /** The samples that the next step still sees; a copy. */
  get past(): Float32Array {
    return this.#past.slice();
  }

  set past(past: Float32Array) {
    this.#past.set(past);
  }

  /** As before the first step. */
  reset(): void {
    this.#past.fill(0);
  }
}
