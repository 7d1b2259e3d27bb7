// Delay in two steps. Envelopes are compared first: loudness over time survives any codec, also one
// that makes phases of its own, and it shows one clear peak. Around that peak waveforms are
// compared, at a low rate and then at the clip's own. Where they agree, inverted or not, the delay
// is known to the sample; where they do not, as in the output of a vocoder, the peak of the
// envelopes stands, and is right to a few milliseconds.

import { Audio, CodecError, resample } from "@twelvehz/codec";

/** How a delay is searched. */
export interface DelayOptions {
  /** Longest delay, and longest advance, in seconds. Default 1. */
  readonly maximumSeconds?: number | undefined;
}

/** A delay that was found. */
export interface Delay {
  /** By how much the degraded clip is late, in seconds; negative when it is early. */
  readonly seconds: number;
  /**
   * `waveform` = to the sample; `envelope` = to a few milliseconds, for waveforms that do not
   * agree.
   */
  readonly by: "waveform" | "envelope";
}

/** Envelope values in a second. */
const ENVELOPE_RATE = 200;
/**
 * Rate at which envelopes, and waveforms at first, are compared, Hz: the strongest part of speech.
 */
const COARSE_RATE = 4000;
/** The waveforms' best delay is searched this near to that of the envelopes, seconds. */
const NEAR_SECONDS = 0.04;
/**
 * Waveforms whose correlation is lower do not agree. On speech, Opus at 6 kbit/s is mostly above
 * it, codecs that make phases of their own below.
 */
const AGREEMENT = 0.4;
/** Lengths may differ by this many seconds, and by this part of the reference. */
const LONGEST_DIFFERENCE_SECONDS = 1;
const LONGEST_DIFFERENCE_PART = 0.2;

/**
 * Finds by how much a clip is later than the one it was made from.
 * @returns 0 where either clip is silence
 * @throws RangeError when the rates differ, or `maximumSeconds` is not positive
 * @throws CodecError `bad-audio` when the lengths differ by more than 1 s or by more than 20 % of
 * the reference
 */
export function findDelay(reference: Audio, degraded: Audio, { maximumSeconds = 1 }: DelayOptions = {}): Delay {
  assertAlignable(reference, degraded);
  if (!(maximumSeconds > 0)) throw new RangeError(`Cannot search a delay of ${maximumSeconds} s at most: give a number above 0`);
  const low = Math.min(COARSE_RATE, reference.sampleRate);
  const [x, y] = [differences(resample(reference, low).samples), differences(resample(degraded, low).samples)];
  const rough = envelopeDelay(envelope(x, low), envelope(y, low), maximumSeconds);
  const near = bestLag(x, y, Math.round(rough * low), Math.ceil(NEAR_SECONDS * low));
  if (Math.abs(near.correlation) < AGREEMENT) return { seconds: rough, by: "envelope" };
  const { sampleRate } = reference;
  const steps = sampleRate / low;
  const [fineX, fineY] = [withoutMean(reference.samples), withoutMean(degraded.samples)];
  const fine = bestLag(fineX, fineY, Math.round(near.lag * steps), Math.ceil(1.5 * steps));
  return { seconds: fine.lag / sampleRate + 0, by: "waveform" }; // -0 becomes 0
}

/**
 * Takes a delay out: moves a clip by it, to the nearest sample, and cuts it, or fills it with
 * zeros, to the reference's length.
 * @returns a new clip
 * @throws RangeError and CodecError as {@link findDelay}
 */
export function alignTo(reference: Audio, degraded: Audio, delay: Pick<Delay, "seconds">): Audio {
  assertAlignable(reference, degraded);
  const shift = Math.round(delay.seconds * reference.sampleRate);
  const out = new Float32Array(reference.samples.length);
  const kept = degraded.samples.subarray(Math.max(0, shift), Math.max(0, shift + out.length));
  out.set(kept, Math.min(out.length, Math.max(0, -shift)));
  return new Audio(out, reference.sampleRate);
}

function assertAlignable(reference: Audio, degraded: Audio): void {
  if (reference.sampleRate !== degraded.sampleRate)
    throw new RangeError(`Cannot align clips of ${reference.sampleRate} and ${degraded.sampleRate} Hz: resample one of them`);
  const [x, y] = [reference.durationSeconds, degraded.durationSeconds];
  if (Math.abs(x - y) <= Math.min(LONGEST_DIFFERENCE_SECONDS, LONGEST_DIFFERENCE_PART * x)) return;
  throw new CodecError(
    "bad-audio",
    `Cannot align a sound of ${y.toFixed(2)} s with the one of ${x.toFixed(2)} s that it was made from: lengths may differ by ` +
      `${LONGEST_DIFFERENCE_SECONDS} s and ${LONGEST_DIFFERENCE_PART * 100} % at most`,
  );
}

/** Seconds; between the values of the envelopes by a parabola. */
function envelopeDelay(x: Float64Array, y: Float64Array, maximumSeconds: number): number {
  const { lag } = bestLag(x, y, 0, Math.ceil(maximumSeconds * ENVELOPE_RATE));
  const [before, at, after] = [lag - 1, lag, lag + 1].map((l) => product(x, y, l));
  const bend = before - 2 * at + after;
  const part = bend < 0 && before <= at && after <= at ? (0.5 * (before - after)) / bend : 0;
  return Math.max(-maximumSeconds, Math.min(maximumSeconds, (lag + part) / ENVELOPE_RATE));
}

/**
 * Amplitudes, not their logarithms: noise and lost packets, which fill or make pauses, then count
 * for little. Without their mean.
 */
function envelope(samples: Float64Array, sampleRate: number): Float64Array {
  const step = sampleRate / ENVELOPE_RATE;
  const amplitudes = Float64Array.from({ length: Math.ceil(samples.length / step) }, (_, i) => {
    let sum = 0;
    const end = Math.min(samples.length, Math.round((i + 1) * step));
    for (let n = Math.round(i * step); n < end; n++) sum += samples[n] * samples[n];
    return Math.sqrt(sum);
  });
  return withoutMean(amplitudes);
}

function withoutMean(values: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(values);
  const mean = out.reduce((sum, value) => sum + value, 0) / Math.max(1, out.length);
  return out.map((value) => value - mean);
}

/** Hum and the lowest formants would outweigh the rest, and filters turn their phases most. */
function differences(samples: Float32Array): Float64Array {
  return Float64Array.from(samples, (sample, n) => sample - (n > 0 ? samples[n - 1] : 0));
}

/**
 * Of the lags within `reach` of a guess, the one at which `y`, that much later, agrees best with
 * `x` or with `-x`; of equals the nearest to the guess.
 */
function bestLag(x: Float64Array, y: Float64Array, guess: number, reach: number): { lag: number; correlation: number } {
  const scale = Math.sqrt(product(x, x, 0) * product(y, y, 0)) || 1;
  let [lag, best] = [guess, product(x, y, guess)];
  for (let d = 1; d <= reach; d++) {
    for (const candidate of [guess - d, guess + d]) {
      const value = product(x, y, candidate);
      if (Math.abs(value) > Math.abs(best)) [lag, best] = [candidate, value];
    }
  }
  return { lag, correlation: best / scale };
}

/** Sum of `x[n] y[n + lag]`. */
function product(x: Float64Array, y: Float64Array, lag: number): number {
  const end = Math.min(x.length, y.length - lag);
  let sum = 0;
  for (let n = Math.max(0, -lag); n < end; n++) sum += x[n] * y[n + lag];
  return sum;
}
