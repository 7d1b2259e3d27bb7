// How much is heard of the difference of two signals, frame by frame: the perceptual model of
// P.862, clause 10.2, from its partial compensations to the aggregation over frequency; sections
// are cited by their titles.

import type { Utterance } from "./alignment.ts";
import { audiblePower, BarkAnalysis, loudnessOf } from "./loudness.ts";
import type { PaddedSignal } from "./signal.ts";
import { BAND_WIDTHS, HEARING_THRESHOLDS, type PesqRate } from "./tables.ts";

/**
 * Frames of the reference with less audible power, counted above 20 dB over the threshold, are
 * silent.
 */
const SILENT_POWER = 1e7;
const SILENT_FACTOR = 100;
/**
 * "Partial compensation of the original pitch power density for transfer function equalization".
 * The reference is corrected by at most 20 dB.
 */
const RESPONSE_OFFSET = 1000;
const RESPONSE_LIMIT = 100;
/** "Partial compensation of the distorted pitch power density for time-varying gain variations". */
const GAIN_OFFSET = 5000;
const GAIN_MEMORY = 0.2;
const SMALLEST_GAIN = 3e-4;
const LARGEST_GAIN = 5;
/**
 * Part of the smaller loudness that masks a difference: "Calculation of the disturbance density".
 */
const MASKING = 0.25;
/** "Cell-wise multiplication with an asymmetry factor". */
const ASYMMETRY_OFFSET = 50;
const ASYMMETRY_POWER = 1.2;
const ASYMMETRY_RANGE = [3, 12] as const;

/** Disturbances of the frames of a clip. */
export interface Disturbances {
  /** Symmetric, one for each frame. */
  readonly symmetric: Float64Array;
  /** Asymmetric: what was added counts more than what is missing. */
  readonly asymmetric: Float64Array;
}

/** The reference after correction, and what of the degraded clip is compared with it. */
export class DisturbanceModel {
  readonly #rate: PesqRate;
  readonly #analysis: BarkAnalysis;
  readonly #margin: number;
  /** Pitch power densities of the reference, corrected for the frequency response of the system. */
  readonly #reference: Float64Array[];

  /** param frames how many frames of the clip are compared */
  constructor(reference: PaddedSignal, degraded: PaddedSignal, utterances: readonly Utterance[], rate: PesqRate, frames: number) {
    this.#rate = rate;
    this.#analysis = new BarkAnalysis(rate);
    this.#margin = reference.margin;
    const x = Array.from({ length: frames }, (_, t) => this.#analysis.densities(reference.samples, this.startOf(t)));
    const y = Array.from({ length: frames }, (_, t) =>
      this.#analysis.densities(degraded.samples, this.startOf(t) + delayAt(utterances, this.startOf(t), rate.step)),
    );
    this.#reference = correctedFor(x, y, Math.floor((2 * (reference.samples.length - 2 * reference.margin)) / rate.frame) - 1);
  }

  /** First sample of a frame of the reference. */
  startOf(frame: number): number {
    return this.#margin + (frame * this.#rate.frame) / 2;
  }

  /** Audible power of each frame of the corrected reference. */
  get powers(): Float64Array {
    return Float64Array.from(this.#reference, (densities) => audiblePower(densities, 1));
  }

  /**
   * param samples the degraded signal
   * param places where the frames from `first` on begin in it
   * param before gain of the frame before the first, if there is one
   */
  disturbances(samples: Float64Array, places: readonly number[], first: number, before?: number): Disturbances {
    const [symmetric, asymmetric] = [new Float64Array(places.length), new Float64Array(places.length)];
    let gain = before;
    places.forEach((at, i) => {
      const x = this.#reference[first + i];
      const y = this.#analysis.densities(samples, at);
      const now = (audiblePower(x, 1) + GAIN_OFFSET) / (audiblePower(y, 1) + GAIN_OFFSET);
      gain = gain === undefined ? now : GAIN_MEMORY * gain + (1 - GAIN_MEMORY) * now;
      const factor = Math.max(SMALLEST_GAIN, Math.min(LARGEST_GAIN, gain));
      for (let band = 0; band < y.length; band++) y[band] *= factor;
      [symmetric[i], asymmetric[i]] = frameDisturbances(x, y);
    });
    return { symmetric, asymmetric };
  }
}

/** The delay that holds at a sample of the padded reference. */
export function delayAt(utterances: readonly Utterance[], sample: number, step: number): number {
  return (utterances.findLast(({ start }) => start * step <= sample) ?? utterances[0]).delay;
}

/**
 * Transfer function equalization: the reference, band by band, times what the system does to the
 * band on the average.
 */
function correctedFor(x: readonly Float64Array[], y: readonly Float64Array[], frames: number): Float64Array[] {
  const spoken = x.map((_, t) => t).filter((t) => audiblePower(x[t], SILENT_FACTOR) >= SILENT_POWER);
  const [meanX, meanY] = [averageAudible(x, spoken, frames), averageAudible(y, spoken, frames)];
  const gains = meanX.map((power, band) => {
    const ratio = (meanY[band] + RESPONSE_OFFSET) / (power + RESPONSE_OFFSET);
    return Math.max(1 / RESPONSE_LIMIT, Math.min(RESPONSE_LIMIT, ratio));
  });
  return x.map((densities) => densities.map((power, band) => power * gains[band]));
}

/**
 * Over all frames of the clip and the silence after it; those that are silent or not compared count
 * in the divisor only.
 */
function averageAudible(densities: readonly Float64Array[], spoken: readonly number[], frames: number): Float64Array {
  const sums = new Float64Array(densities[0].length);
  for (const t of spoken) {
    const audible = densities[t].map((power, band) => (power > SILENT_FACTOR * HEARING_THRESHOLDS[band] ? power : 0));
    audible.forEach((power, band) => (sums[band] += power));
  }
  return sums.map((sum) => sum / frames);
}

/** Disturbance density, asymmetry and aggregation over frequency for one frame. */
function frameDisturbances(x: Float64Array, y: Float64Array): [symmetric: number, asymmetric: number] {
  const [lx, ly] = [loudnessOf(x), loudnessOf(y)];
  let [squares, sum, widths] = [0, 0, 0];
  for (let band = 1; band < x.length; band++) {
    const difference = ly[band] - lx[band];
    const heard = Math.max(0, Math.abs(difference) - MASKING * Math.min(lx[band], ly[band]));
    const width = BAND_WIDTHS[band];
    squares += (heard * width) ** 2;
    sum += heard * width * asymmetryOf(x[band], y[band]);
    widths += width;
  }
  return [Math.sqrt(squares / widths) * widths, sum];
}

function asymmetryOf(x: number, y: number): number {
  const ratio = ((y + ASYMMETRY_OFFSET) / (x + ASYMMETRY_OFFSET)) ** ASYMMETRY_POWER;
  return ratio < ASYMMETRY_RANGE[0] ? 0 : Math.min(ratio, ASYMMETRY_RANGE[1]);
}
