/**
 * Real FFT in 32-bit floats by PFFFT compiled to WebAssembly with SIMD: the same bits on every
 * machine.
 */

/** What this file uses of the package's Emscripten module, which comes without types. */
interface PffftModule {
  readonly HEAPF32: Float32Array;
  _pffft_new_setup(size: number, transform: number): number;
  _pffft_aligned_malloc(bytes: number): number;
  _pffft_transform_ordered(setup: number, input: number, output: number, work: number, direction: number): void;
}

const PFFFT_REAL = 0;
const PFFFT_FORWARD = 0;
const PFFFT_BACKWARD = 1;
const FLOAT_BYTES = 4;

const transforms: Map<number, Promise<RealFft>> = new Map();
let modulePromise: Promise<PffftModule> | undefined;

function loadModule(): Promise<PffftModule> {
  modulePromise ??= import("@echogarden/pffft-wasm/simd").then((m) => m.default() as Promise<PffftModule>);
  return modulePromise;
}

/** Asked before the library is, which would abort for all of its users. */
function isPossible(size: number): boolean {
  if (!Number.isInteger(size) || size <= 0 || size % 32 !== 0) return false;
  let rest = size;
  for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
  return rest === 1;
}

/**
 * A real FFT of one size. `time` and `spectrum` are the buffers it works between; both belong to
 * the transform and are overwritten at each call.
 *
 * `spectrum` is packed: element 0 is the real part of bin 0, element 1 the real part of bin size/2,
 * then real and imaginary part of bins 1 to size/2 - 1.
 */
export class RealFft {
  /** Number of samples. */
  readonly size: number;
  /** `[size]` samples. */
  readonly time: Float32Array;
  /** `[size]` packed spectrum. */
  readonly spectrum: Float32Array;
  readonly #module: PffftModule;
  readonly #setup: number;
  readonly #timeAddress: number;
  readonly #spectrumAddress: number;
  readonly #workAddress: number;

  private constructor(module: PffftModule, size: number) {
    const allocate = (): number => module._pffft_aligned_malloc(size * FLOAT_BYTES);
    this.size = size;
    this.#module = module;
    this.#setup = module._pffft_new_setup(size, PFFFT_REAL);
    this.#timeAddress = allocate();
    this.#spectrumAddress = allocate();
    this.#workAddress = allocate();
    const view = (address: number): Float32Array => module.HEAPF32.subarray(address / FLOAT_BYTES, address / FLOAT_BYTES + size);
    this.time = view(this.#timeAddress);
    this.spectrum = view(this.#spectrumAddress);
  }

  /**
   * The transform of a size, the same object for all who ask: fill `time` and take what is in
   * `spectrum` without awaiting in between. (The library's memory would move when it grew, and
   * leave the buffers of earlier transforms behind.) Loads the library at the first call.
   * @param size a multiple of 32 whose prime factors are 2, 3 and 5
   * @throws RangeError for another size
   */
  static async create(size: number): Promise<RealFft> {
    if (!isPossible(size))
      throw new RangeError(`Cannot make an FFT of ${size} points: the size must be a multiple of 32 with prime factors 2, 3 and 5 only`);
    let transform = transforms.get(size);
    if (!transform) {
      transform = loadModule().then((module) => new RealFft(module, size));
      transforms.set(size, transform);
    }
    return transform;
  }

  /** `time` -> `spectrum`, not scaled. */
  forward(): void {
    this.#module._pffft_transform_ordered(this.#setup, this.#timeAddress, this.#spectrumAddress, this.#workAddress, PFFFT_FORWARD);
  }

  /** `spectrum` -> `time`, not scaled: `size` times the inverse of {@link forward}. */
  backward(): void {
    this.#module._pffft_transform_ordered(this.#setup, this.#spectrumAddress, this.#timeAddress, this.#workAddress, PFFFT_BACKWARD);
  }
}
