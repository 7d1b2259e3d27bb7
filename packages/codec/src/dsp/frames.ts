/**
 * The short-time Fourier transform that the compact model is built on: Hann window of 960 samples,
 * hop 240, at 24 kHz.
 */

/** Samples in a window: 40 ms. */
export const WINDOW_SIZE = 960;
/** Samples from one spectrum step to the next: 10 ms. */
export const HOP = 240;
/** Bins of a spectrum: 0 to 12 kHz in steps of 25 Hz. */
export const BINS: number = WINDOW_SIZE / 2 + 1;
/** Periodic Hann window, `[960]`. */
export const WINDOW: Float64Array = Float64Array.from({ length: WINDOW_SIZE }, (_, i) => Math.sin((Math.PI * i) / WINDOW_SIZE) ** 2);
/** The squares of the windows that cover a sample add up to this. */
export const WINDOW_SQUARE_SUM = 1.5;
