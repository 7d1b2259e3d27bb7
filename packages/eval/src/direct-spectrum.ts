/**
 * Powers of the discrete Fourier transform of one size, even or odd, by its definition. P.808's
 * features need 321 points, which no fast transform of this library has; at these sizes the
 * definition costs about 5 % of what the networks behind it do.
 */
export class DirectSpectrum {
  /** Points of a frame. */
  readonly size: number;
  /** Bins of a spectrum: floor(size / 2) + 1. */
  readonly bins: number;
  /** `[size]` cosines of multiples of the lowest frequency. */
  readonly #cos: Float64Array;
  readonly #even: Float64Array;
  readonly #odd: Float64Array;
  readonly #sin: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.bins = (size >> 1) + 1;
    this.#cos = Float64Array.from({ length: size }, (_, n) => Math.cos((2 * Math.PI * n) / size));
    this.#sin = Float64Array.from({ length: size }, (_, n) => Math.sin((2 * Math.PI * n) / size));
    this.#even = new Float64Array(this.bins);
    this.#odd = new Float64Array(this.bins);
  }

  /**
   * Squared magnitudes of a real frame.
   * @param frame `[size]`
   * @returns `[bins]`
   */
  powers(frame: Float64Array): Float64Array {
    this.#fold(frame);
    const [cos, sin, even, odd, size] = [this.#cos, this.#sin, this.#even, this.#odd, this.size];
    return new Float64Array(this.bins).map((_, k) => {
      let [re, im] = [frame[0], 0];
      for (let n = 1, at = k; n < even.length; n++, at += k) {
        if (at >= size) at -= size;
        re += even[n] * cos[at];
        im += odd[n] * sin[at];
      }
      return re * re + im * im;
    });
  }

  /** Samples n and size - n meet the same cosine, and sines of opposite sign. */
  #fold(frame: Float64Array): void {
    for (let n = 1; n < this.bins; n++) {
      const mirror = this.size - n;
      this.#even[n] = n === mirror ? frame[n] : frame[n] + frame[mirror];
      this.#odd[n] = frame[n] - frame[mirror];
    }
  }
}
