// Short-time objective intelligibility. Equation numbers are those of Taal, Hendriks, Heusdens and
// Jensen, "An Algorithm for Intelligibility Prediction of Time-Frequency Weighted Noisy Speech",
// IEEE TASLP 19(7), 2011, and for the extended measure those of Jensen and Taal, "An Algorithm for
// Predicting the Intelligibility of Speech Masked by Modulated Noise Maskers", IEEE/ACM TASLP
// 24(11), 2016.

import { type Audio, resample } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { hann, powerSpectrogram } from "./spectrogram.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "./measure.ts";

/**
 * Section II-A of 2011: 10 kHz, frames of 256 samples that overlap by half, transforms of 512
 * points.
 */
const RATE = 10_000;
const FRAME = 256;
const HOP = FRAME / 2;
const FFT_SIZE = 512;
/** Frames of the reference this far below its loudest are left out, dB. */
const DYNAMIC_RANGE_DB = 40;
/** Fifteen third-octave bands; the lowest has its centre at 150 Hz. */
const BANDS = 15;
const LOWEST_CENTRE = 150;
/** N, frames of a segment: 384 ms. */
const SEGMENT = 30;
/**
 * Lower bound of the signal-to-distortion ratio, beta of equation 3 of 2011: the degraded envelope
 * is clipped at 1 + 10^(15/20) times the clean one.
 */
const CLIP = 1 + 10 ** (15 / 20);

const WINDOW = hann(FRAME);

/** Envelopes of the bands, one row of frames for each band: equation 1 of 2011. */
type Envelopes = readonly Float64Array[];

/**
 * STOI, the mean correlation of the envelopes of third-octave bands over 384 ms: 1 for equal clips,
 * about 0 for noise; equations 1 to 6 of 2011. Only frames in which the reference speaks count.
 * Delay is not compensated.
 * @returns undefined when the clips are shorter than 0.5 s, the reference is silent, or has less
 * than 384 ms of speech
 * @throws RangeError when rates or lengths differ, or the rate is not whole
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function stoi(reference: Audio, degraded: Audio): number | undefined {
  return meanOverSegments(reference, degraded, bandCorrelations);
}

/**
 * ESTOI, the mean correlation of spectra over 384 ms after envelopes and then spectra are given
 * mean 0 and norm 1: equations 1 to 7 of 2016. It also sees noise that comes and goes. Range,
 * undefined cases and errors as {@link stoi}.
 */
export function estoi(reference: Audio, degraded: Audio): number | undefined {
  return meanOverSegments(reference, degraded, spectralCorrelation);
}

type Score = (clean: Envelopes, noisy: Envelopes) => number;

function meanOverSegments(reference: Audio, degraded: Audio, score: Score): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = spokenPart(resample(reference, RATE).samples, resample(degraded, RATE).samples);
  const [clean, noisy] = [envelopesOf(x), envelopesOf(y)];
  const segments = clean[0].length - SEGMENT + 1;
  if (segments < 1) return undefined;
  let sum = 0;
  for (let m = 0; m < segments; m++) sum += score(segmentAt(clean, m), segmentAt(noisy, m));
  return sum / segments;
}

function segmentAt(envelopes: Envelopes, m: number): Envelopes {
  return envelopes.map((band) => band.subarray(m, m + SEGMENT));
}

/**
 * Both clips without the frames in which the first is silent, put together again by overlap-add:
 * end of section II-A of 2011.
 */
function spokenPart(x: Float32Array, y: Float32Array): [Float64Array, Float64Array] {
  const starts = frameStarts(x.length);
  const levels = starts.map((at) => 20 * Math.log10(frameNorm(x, at) + Number.EPSILON));
  const loudest = levels.reduce((a, b) => Math.max(a, b), -Infinity);
  const spoken = starts.filter((_, i) => levels[i] > loudest - DYNAMIC_RANGE_DB);
  return [overlapAdd(x, spoken), overlapAdd(y, spoken)];
}

/**
 * The last frame that would end exactly with the clip is not taken: so are the published values
 * made.
 */
function frameStarts(length: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((length - FRAME) / HOP)) }, (_, i) => i * HOP);
}

function frameNorm(samples: Float32Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < FRAME; i++) sum += (samples[at + i] * WINDOW[i]) ** 2;
  return Math.sqrt(sum);
}

function overlapAdd(samples: Float32Array, starts: readonly number[]): Float64Array {
  const out = new Float64Array(starts.length === 0 ? 0 : (starts.length - 1) * HOP + FRAME);
  starts.forEach((at, k) => {
    for (let i = 0; i < FRAME; i++) out[k * HOP + i] += samples[at + i] * WINDOW[i];
  });
  return out;
}

/** Equation 1 of 2011. */
function envelopesOf(samples: Float64Array): Envelopes {
  const count = frameStarts(samples.length).length;
  const powers = powerSpectrogram(samples, { hop: HOP, size: FFT_SIZE, window: WINDOW, count });
  return Array.from({ length: BANDS }, (_, band) => {
    const [from, to] = [binAt(LOWEST_CENTRE * 2 ** ((2 * band - 1) / 6)), binAt(LOWEST_CENTRE * 2 ** ((2 * band + 1) / 6))];
    return Float64Array.from(powers, (frame) => Math.sqrt(sumOf(frame.subarray(from, to))));
  });
}

function binAt(hertz: number): number {
  return Math.round((hertz * FFT_SIZE) / RATE);
}

/** Equations 2 to 5 of 2011 for one segment, averaged over the bands. */
function bandCorrelations(clean: Envelopes, noisy: Envelopes): number {
  let sum = 0;
  for (let band = 0; band < BANDS; band++) {
    const [x, y] = [clean[band], noisy[band]];
    const gain = norm(x) / (norm(y) + Number.EPSILON);
    const clipped = y.map((value, n) => Math.min(value * gain, x[n] * CLIP));
    sum += dot(normalized(x), normalized(clipped));
  }
  return sum / BANDS;
}

/** Equations 3 to 7 of 2016 for one segment: rows are normalized, then columns. */
function spectralCorrelation(clean: Envelopes, noisy: Envelopes): number {
  const [x, y] = [normalizedColumns(clean), normalizedColumns(noisy)];
  return x.reduce((sum, column, n) => sum + dot(column, y[n]), 0) / SEGMENT;
}

function normalizedColumns(envelopes: Envelopes): Float64Array[] {
  const rows = envelopes.map(normalized);
  return Array.from({ length: SEGMENT }, (_, n) => {
    const column = new Float64Array(rows.length);
    for (let band = 0; band < column.length; band++) column[band] = rows[band][n];
    return normalized(column);
  });
}

/** Mean 0 and norm 1; zeros where all values are equal. */
function normalized(values: Float64Array): Float64Array {
  const mean = sumOf(values) / values.length;
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] - mean;
  const length = norm(out) + Number.EPSILON;
  for (let i = 0; i < out.length; i++) out[i] /= length;
  return out;
}

function norm(values: Float64Array): number {
  return Math.sqrt(dot(values, values));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** {@link stoi} as a measure. */
export const STOI: MeasureFamily = singleMeasure(
  measureInfo({
    id: "stoi",
    label: "STOI",
    better: "higher",
    decimals: 3,
    main: true,
    description: "Intelligibility, up to 1: Taal et al., 2011",
  }),
  stoi,
);

/** {@link estoi} as a measure. */
export const ESTOI: MeasureFamily = singleMeasure(
  measureInfo({
    id: "estoi",
    label: "ESTOI",
    better: "higher",
    decimals: 3,
    main: true,
    description: "Intelligibility in noise that comes and goes, up to 1: Jensen and Taal, 2016",
  }),
  estoi,
);
