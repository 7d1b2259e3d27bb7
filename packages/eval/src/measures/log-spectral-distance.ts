import type { Audio } from "@twelvehz/codec";
import { powerOfTwoFrom } from "./fourier.ts";
import { isComparable } from "./pair.ts";
import { hann, powerSpectrogram } from "./spectrogram.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "./measure.ts";

const WINDOW_SECONDS = 0.032;
const HOP_SECONDS = 0.008;
/**
 * Powers are raised to this far below the loudest bin of the reference, dB, so that digital silence
 * does not count without bound.
 */
const FLOOR_DB = -80;

/**
 * Log-spectral distance, dB: per frame of 32 ms, the root of the mean over the bins of the squared
 * difference of the two spectra in dB, then the mean over the frames. It is d2 of Gray and Markel,
 * "Distance Measures for Speech Processing", IEEE TASSP 24(5), 1976, on short-time spectra rather
 * than on models. Powers below -80 dB of the reference's loudest bin are raised to there in both
 * clips.
 * @returns 0 for equal clips; undefined when the clips are shorter than 0.5 s or the reference is
 * silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function logSpectralDistance(reference: Audio, degraded: Audio): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [spectraOf(reference), spectraOf(degraded)];
  const loudest = x.reduce((max, frame) => frame.reduce((a, b) => Math.max(a, b), max), 0);
  const floor = loudest * 10 ** (FLOOR_DB / 10);
  return x.reduce((sum, frame, t) => sum + frameDistance(frame, y[t], floor), 0) / x.length;
}

function spectraOf({ samples, sampleRate }: Audio): Float64Array[] {
  const length = Math.round(WINDOW_SECONDS * sampleRate);
  return powerSpectrogram(samples, { hop: Math.round(HOP_SECONDS * sampleRate), size: powerOfTwoFrom(length), window: hann(length) });
}

function frameDistance(x: Float64Array, y: Float64Array, floor: number): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (10 * Math.log10(Math.max(x[k], floor) / Math.max(y[k], floor))) ** 2;
  return Math.sqrt(sum / x.length);
}

/** {@link logSpectralDistance} as a measure. */
export const LOG_SPECTRAL: MeasureFamily = singleMeasure(
  measureInfo({
    id: "logSpectral",
    label: "Log spectrum",
    unit: "dB",
    better: "lower",
    decimals: 2,
    description: "Distance of the log spectra: Gray and Markel, 1976",
  }),
  logSpectralDistance,
);
