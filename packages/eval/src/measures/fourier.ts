/**
 * Discrete Fourier transform of a power of two in 64 bits (Cooley and Tukey 1965, radix 2, in
 * place). Measures stand on it rather than on `RealFft` because they need whole clips at once, for
 * which the memory of that library would have to grow, and because it answers at once.
 */
export class Fourier {
  /** Number of points, a power of two. */
  readonly size: number;
  /** Factors of the stage that joins halves of `h` points: elements `h` to `2 h - 1`. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #order: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /**
   * @param size a power of two from 2 on
   * @throws RangeError for another size
   */
  constructor(size: number) {
    if (!(size >= 2 && size <= 2 ** 26) || 2 ** Math.round(Math.log2(size)) !== size)
      throw new RangeError(`Cannot make a Fourier transform of ${size} points: the size must be a power of two from 2 to 67108864`);
    this.size = size;
    this.#cos = twiddles(size, Math.cos);
    this.#sin = twiddles(size, (angle) => -Math.sin(angle));
    this.#order = bitReversal(size);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
  }

  /**
   * In place, not scaled. For the inverse, pass the two parts in the other order, and divide by the
   * size.
   * @param re `[size]`
   * @param im `[size]`
   */
  transform(re: Float64Array, im: Float64Array): void {
    this.#shuffle(re, im);
    this.#firstStage(re, im);
    for (let half = 2; half < this.size; half *= 2) this.#stage(re, im, half);
  }

  /**
   * Squared magnitudes of a real frame; frames shorter than the size are followed by zeros.
   * @param out `[size / 2 + 1]`
   */
  powers(frame: ArrayLike<number>, out: Float64Array): void {
    const [re, im] = [this.#re, this.#im];
    re.fill(0);
    im.fill(0);
    re.set(frame);
    this.transform(re, im);
    for (let k = 0; k <= this.size / 2; k++) out[k] = re[k] * re[k] + im[k] * im[k];
  }

  #shuffle(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < this.size; i++) {
      const j = this.#order[i];
      if (j <= i) continue;
      const r = re[i];
      re[i] = re[j];
      re[j] = r;
      const m = im[i];
      im[i] = im[j];
      im[j] = m;
    }
  }

  /** Its only factor is 1. */
  #firstStage(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < re.length; i += 2) {
      const r = re[i + 1];
      const m = im[i + 1];
      re[i + 1] = re[i] - r;
      im[i + 1] = im[i] - m;
      re[i] += r;
      im[i] += m;
    }
  }

  #stage(re: Float64Array, im: Float64Array, half: number): void {
    const cos = this.#cos;
    const sin = this.#sin;
    for (let start = 0; start < re.length; start += 2 * half) {
      const end = start + half;
      for (let low = start, high = end, k = half; low < end; low++, high++, k++) {
        const c = cos[k];
        const s = sin[k];
        const tr = re[high] * c - im[high] * s;
        const ti = re[high] * s + im[high] * c;
        re[high] = re[low] - tr;
        im[high] = im[low] - ti;
        re[low] += tr;
        im[low] += ti;
      }
    }
  }
}

function twiddles(size: number, f: (angle: number) => number): Float64Array {
  const out = new Float64Array(size);
  for (let half = 1; half < size; half *= 2) for (let k = 0; k < half; k++) out[half + k] = f((Math.PI * k) / half);
  return out;
}

const shared: Map<number, Fourier> = new Map();
/** Larger transforms, of 10 MiB and more, are not kept. */
const LARGEST_SHARED = 2 ** 18;

/**
 * A transform of a size; small ones are made once and shared, which is safe as every call is done
 * when it returns.
 */
export function fourierOf(size: number): Fourier {
  const known = shared.get(size);
  if (known) return known;
  const made = new Fourier(size);
  if (size <= LARGEST_SHARED) shared.set(size, made);
  return made;
}

/** The smallest power of two that is at least `count`. */
export function powerOfTwoFrom(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, count)));
}

function bitReversal(size: number): Uint32Array {
  const order = new Uint32Array(size);
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    order[i] = j;
  }
  return order;
}
