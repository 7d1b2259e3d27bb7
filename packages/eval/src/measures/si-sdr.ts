import type { Audio } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { type MeasureFamily, measureInfo, singleMeasure } from "./measure.ts";

/**
 * Scale-invariant signal-to-distortion ratio: equation 3 of Le Roux, Wisdom, Erdogan and Hershey,
 * "SDR - half-baked or well done?", ICASSP 2019, after both clips are freed of their mean. It
 * compares waveforms: a codec that makes its own phases scores low however it sounds.
 * @returns dB; `Infinity` when the degraded clip is the reference times a factor, `-Infinity` when
 * it has nothing of it; undefined when the clips are shorter than 0.5 s or either of them is
 * constant
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function siSdr(reference: Audio, degraded: Audio): number | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [s, e] = [centred(reference.samples), centred(degraded.samples)];
  const [power, degradedPower] = [product(s, s), product(e, e)];
  if (power === 0 || degradedPower === 0) return undefined;
  const scale = product(e, s) / power;
  let error = 0;
  for (let i = 0; i < s.length; i++) error += (scale * s[i] - e[i]) ** 2;
  return 10 * Math.log10((scale * scale * power) / error);
}

function centred(samples: Float32Array): Float64Array {
  let sum = 0;
  for (const x of samples) sum += x;
  const mean = sum / samples.length;
  return Float64Array.from(samples, (x) => x - mean);
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** {@link siSdr} as a measure. */
export const SI_SDR: MeasureFamily = singleMeasure(
  measureInfo({
    id: "siSdr",
    label: "SI-SDR",
    unit: "dB",
    better: "higher",
    decimals: 1,
    description: "Distance of the waveforms: Le Roux et al., 2019. A codec that makes its own phases scores low however it sounds",
  }),
  siSdr,
);
