import { fourierOf } from "./fourier.ts";

/** How a clip is cut into spectra. */
export interface SpectrogramOptions {
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Points of the transform, a power of two and at least the length of the window. */
  readonly size: number;
  /** What every frame is multiplied with, `[window]`. */
  readonly window: Float64Array;
  /** How many frames; without it, all that lie wholly in the clip. */
  readonly count?: number;
}

/** Symmetric Hann window without the two zeros at its ends, as MATLAB's `hanning`. */
export function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (length + 1)));
}

/** Powers of the spectra of a clip, one `[size / 2 + 1]` for every frame. */
export function powerSpectrogram(samples: ArrayLike<number>, options: SpectrogramOptions): Float64Array[] {
  const { hop, size, window } = options;
  const fourier = fourierOf(size);
  const frame = new Float64Array(window.length);
  const count = options.count ?? Math.max(0, Math.floor((samples.length - window.length) / hop) + 1);
  return Array.from({ length: count }, (_, t) => {
    for (let i = 0; i < window.length; i++) frame[i] = samples[t * hop + i] * window[i];
    const powers = new Float64Array(size / 2 + 1);
    fourier.powers(frame, powers);
    return powers;
  });
}
