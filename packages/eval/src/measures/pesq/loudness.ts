// From samples to loudness on the Bark scale: P.862, clause 10.2, its sections on the short-term
// FFT, the pitch power densities and the loudness densities.

import { type Fourier, fourierOf } from "../fourier.ts";
import { BAND_CENTRES, HEARING_THRESHOLDS, LOUDNESS_FACTOR, type PesqRate } from "./tables.ts";

/** Exponent of Zwicker's law. */
const ZWICKER_POWER = 0.23;
/** Below this many Bark the exponent grows. */
const RAISED_BELOW_BARK = 4;

/** Cuts frames out of a signal and tells the power in each Bark band. */
export class BarkAnalysis {
  readonly #rate: PesqRate;
  readonly #fourier: Fourier;
  readonly #window: Float64Array;
  readonly #frame: Float64Array;
  readonly #powers: Float64Array;

  constructor(rate: PesqRate) {
    this.#rate = rate;
    this.#fourier = fourierOf(rate.frame);
    this.#window = Float64Array.from({ length: rate.frame }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / rate.frame));
    this.#frame = new Float64Array(rate.frame);
    this.#powers = new Float64Array(rate.frame / 2 + 1);
  }

  /**
   * Pitch power densities of the frame that begins at a sample, `[bands]`; zeros where the signal
   * does not reach.
   */
  densities(samples: Float64Array, at: number): Float64Array {
    const { binsPerBand, bandCorrection, powerFactor, frame } = this.#rate;
    const out = new Float64Array(binsPerBand.length);
    if (at < 0 || at + frame > samples.length) return out;
    for (let i = 0; i < frame; i++) this.#frame[i] = samples[at + i] * this.#window[i];
    this.#fourier.powers(this.#frame, this.#powers);
    this.#powers[0] = 0;
    for (let band = 0, bin = 0; band < out.length; band++) {
      for (const end = bin + binsPerBand[band]; bin < end; bin++) out[band] += this.#powers[bin];
      out[band] *= bandCorrection[band] * powerFactor;
    }
    return out;
  }
}

/**
 * Sum of the densities that are above `factor` times the threshold of hearing; the lowest band is
 * not counted.
 */
export function audiblePower(densities: Float64Array, factor: number): number {
  let sum = 0;
  for (let band = 1; band < densities.length; band++) if (densities[band] > factor * HEARING_THRESHOLDS[band]) sum += densities[band];
  return sum;
}

/** Loudness density in each band: Zwicker's law, "Calculation of the loudness densities". */
export function loudnessOf(densities: Float64Array): Float64Array {
  return densities.map((power, band) => {
    const threshold = HEARING_THRESHOLDS[band];
    if (power <= threshold) return 0;
    return SCALES[band] * ((0.5 + (0.5 * power) / threshold) ** EXPONENTS[band] - 1);
  });
}

const EXPONENTS = BAND_CENTRES.map((centre) => {
  const raise = centre < RAISED_BELOW_BARK ? Math.min(2, 6 / (centre + 2)) : 1;
  return ZWICKER_POWER * raise ** 0.15;
});
const SCALES = HEARING_THRESHOLDS.map((threshold, band) => LOUDNESS_FACTOR * (threshold / 0.5) ** EXPONENTS[band]);
