/** -40 dB of full scale. */
const QUIET_SAMPLE = 0.01;

/** Whether no sample is loud enough for a change of the sound to be heard. */
export function isQuietSound(samples: Float32Array): boolean {
  return samples.every((x) => Math.abs(x) < QUIET_SAMPLE);
}
