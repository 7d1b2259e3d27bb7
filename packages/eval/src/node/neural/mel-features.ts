import { DirectSpectrum } from "../../direct-spectrum.ts";
import { NEURAL_RATE } from "./neural-measure.ts";

/**
 * Points of a frame, and samples from one to the next: what the P.808 network of DNSMOS was trained
 * with.
 */
const SIZE = 321;
const HOP = 160;
/** Bands of the mel scale. */
export const MEL_BANDS = 120;
/** Bands weaker than this against the strongest of the clip are raised to there, dB. */
const RANGE_DB = 80;
const SMALLEST_POWER = 1e-10;

/**
 * Slaney's mel scale (Auditory Toolbox, 1998): linear up to 1 kHz, then logarithmic with 27 steps
 * to a factor of 6.4.
 */
const LINEAR_HERTZ = 200 / 3;
const KNEE_HERTZ = 1000;
const KNEE_MEL = KNEE_HERTZ / LINEAR_HERTZ;
const LOG_STEP = Math.log(6.4) / 27;

/** One triangle: weights of the bins from `first` on. */
interface MelBand {
  readonly first: number;
  readonly weights: readonly number[];
}

const BANDS: readonly MelBand[] = melBands();
/** Periodic Hann window. */
const WINDOW = Float64Array.from({ length: SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));

/**
 * Log mel spectrogram as the P.808 network of DNSMOS takes it: frames centred at multiples of 10 ms
 * with silence around the clip, dB against the strongest value, (dB + 40) / 40.
 * @param samples at 16 kHz
 * @returns `[frames, 120]` row-major, frames = floor((samples - 1) / 160) + 1
 */
export function melFeatures(samples: Float32Array): Float32Array {
  const spectrum = new DirectSpectrum(SIZE);
  const frame = new Float64Array(SIZE);
  const frames = Math.floor((samples.length - 1) / HOP) + 1;
  const powers = new Float64Array(frames * MEL_BANDS);
  for (let t = 0; t < frames; t++) {
    const start = t * HOP - (SIZE >> 1);
    for (let n = 0; n < SIZE; n++) frame[n] = (samples[start + n] ?? 0) * WINDOW[n];
    const bins = spectrum.powers(frame);
    BANDS.forEach((band, m) => (powers[t * MEL_BANDS + m] = bandPower(bins, band)));
  }
  const largest = decibels(powers.reduce((a, b) => Math.max(a, b), 0));
  return Float32Array.from(powers, (power) => (Math.max(decibels(power) - largest, -RANGE_DB) + 40) / 40);
}

function bandPower(bins: Float64Array, { first, weights }: MelBand): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * bins[first + i];
  return sum;
}

function decibels(power: number): number {
  return 10 * Math.log10(Math.max(SMALLEST_POWER, power));
}

/** Triangles of equal area whose corners are equally spaced in mel, from 0 Hz to half the rate. */
function melBands(): MelBand[] {
  const top = melOf(NEURAL_RATE / 2);
  const corners = Array.from({ length: MEL_BANDS + 2 }, (_, i) => hertzOf((i * top) / (MEL_BANDS + 1)));
  return corners.slice(2).map((high, m) => {
    const [low, centre] = [corners[m], corners[m + 1]];
    const weightAt = (hertz: number): number =>
      (Math.max(0, Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre))) * 2) / (high - low);
    const all = Array.from({ length: (SIZE >> 1) + 1 }, (_, k) => weightAt((k * NEURAL_RATE) / SIZE));
    const first = all.findIndex((weight) => weight > 0);
    return first < 0 ? { first: 0, weights: [] } : { first, weights: all.slice(first, all.findLastIndex((weight) => weight > 0) + 1) };
  });
}

function melOf(hertz: number): number {
  return hertz < KNEE_HERTZ ? hertz / LINEAR_HERTZ : KNEE_MEL + Math.log(hertz / KNEE_HERTZ) / LOG_STEP;
}

function hertzOf(mel: number): number {
  return mel < KNEE_MEL ? mel * LINEAR_HERTZ : KNEE_HERTZ * Math.exp(LOG_STEP * (mel - KNEE_MEL));
}
