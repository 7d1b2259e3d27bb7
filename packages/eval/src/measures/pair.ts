/** What every measure asks of the two clips that it compares. */
import { type Audio, CodecError } from "@twelvehz/codec";
import { assertAudio } from "@twelvehz/codec/internal";

/** Shorter clips have no value in any measure here, seconds. */
export const SHORTEST_SECONDS = 0.5;
/**
 * Clips whose RMS is below this are silence: -90 dB of full scale, under half a step of 16 bits.
 */
export const SILENCE_RMS: number = 10 ** (-90 / 20);

/**
 * Whether two clips can be compared.
 * @returns false when they are shorter than {@link SHORTEST_SECONDS} or the reference is silence:
 * the measure is then `undefined`
 * @throws RangeError when rates or lengths differ; TypeError for what is no `Audio`
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function isComparable(reference: Audio, degraded: Audio): boolean {
  assertAudio(reference, "reference");
  assertAudio(degraded, "degraded");
  assertSameShape(reference, degraded);
  assertFinite(reference, "reference");
  assertFinite(degraded, "degraded");
  return reference.durationSeconds >= SHORTEST_SECONDS && rms(reference.samples) >= SILENCE_RMS;
}

/** Root of the mean square; 0 for no samples. */
export function rms(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

function assertSameShape(reference: Audio, degraded: Audio): void {
  if (reference.sampleRate !== degraded.sampleRate)
    throw new RangeError(
      `Cannot compare clips of ${reference.sampleRate} and ${degraded.sampleRate} Hz: they must have one rate, resample one of them`,
    );
  if (reference.samples.length !== degraded.samples.length)
    throw new RangeError(
      `Cannot compare clips of ${reference.samples.length} and ${degraded.samples.length} samples: they must have one length, cut or pad one of them`,
    );
}

function assertFinite({ samples }: Audio, name: string): void {
  for (let i = 0; i < samples.length; i++)
    if (!Number.isFinite(samples[i])) throw new CodecError("bad-audio", `Cannot measure the ${name} clip: sample ${i} is ${samples[i]}`);
}
