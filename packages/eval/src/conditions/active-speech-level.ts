import type { Audio } from "@twelvehz/codec";

/**
 * Time constant of both smoothings of the envelope, seconds: ITU-T P.56 (2011), clause 6, method B.
 */
const TIME_CONSTANT_SECONDS = 0.03;
/** Speech goes on for this long after the envelope has fallen below a threshold, seconds. */
const HANGOVER_SECONDS = 0.2;
/** The threshold of activity lies this far below the active level, dB: the margin of P.56. */
const MARGIN_DB = 15.9;
/** Thresholds, each half of the one before, from the largest value of the envelope down. */
const THRESHOLDS = 15;

/**
 * Active speech level by method B of ITU-T P.56: the RMS over the time in which there is speech,
 * pauses over 200 ms left out. The thresholds are laid from the clip's own peak down rather than
 * from full scale, so that the level of a scaled clip is the scaled level.
 * @returns dB of full scale (0 dB = RMS of 1); undefined for a clip of zeros or no samples
 */
export function activeSpeechLevel({ samples, sampleRate }: Audio): number | undefined {
  const envelope = smoothEnvelope(samples, sampleRate);
  const peak = envelope.reduce((max, value) => Math.max(max, value), 0);
  if (peak === 0) return undefined;
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  const hangover = Math.ceil(HANGOVER_SECONDS * sampleRate);
  let [level, excess] = [0, -Infinity]; // at a threshold of the peak nothing is above it by the margin
  for (let j = 0; j < THRESHOLDS; j++) {
    const threshold = peak * 2 ** -j;
    const nextLevel = 10 * Math.log10(energy / activeSamples(envelope, threshold, hangover));
    const nextExcess = nextLevel - 20 * Math.log10(threshold) - MARGIN_DB;
    if (nextExcess >= 0) return excess === -Infinity ? nextLevel : level + ((nextLevel - level) * excess) / (excess - nextExcess);
    [level, excess] = [nextLevel, nextExcess];
  }
  return level;
}

/** The rectified signal, smoothed twice. */
function smoothEnvelope(samples: Float32Array, sampleRate: number): Float64Array {
  const keep = Math.exp(-1 / (TIME_CONSTANT_SECONDS * sampleRate));
  let [once, twice] = [0, 0];
  return Float64Array.from(samples, (sample) => {
    once = keep * once + (1 - keep) * Math.abs(sample);
    twice = keep * twice + (1 - keep) * once;
    return twice;
  });
}

function activeSamples(envelope: Float64Array, threshold: number, hangover: number): number {
  let count = 0;
  let left = 0;
  for (const value of envelope) {
    if (value >= threshold) left = hangover + 1;
    if (left > 0) count++;
    if (left > 0) left--;
  }
  return count;
}
