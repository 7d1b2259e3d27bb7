import type { Audio } from "@twelvehz/codec";
import { isComparable } from "./pair.ts";
import { type MeasureFamily, measureInfo, percentOf } from "./measure.ts";

/** Frames in which speech is told from pauses, seconds. */
const FRAME_SECONDS = 0.01;
/** Levels are averaged over this many frames, so that closures within a word do not end it. */
const SMOOTHING = 5;
/** Speech level: the level that this part of the reference's frames stays below. */
const SPEECH_QUANTILE = 0.95;
/** Frames this far below the speech level are pause, dB. */
const PAUSE_BELOW_DB = 30;
/** Shorter pauses belong to the speech around them, frames: 100 ms. */
const SHORTEST_PAUSE = 10;
/** Levels are raised to this, dB of full scale: digital silence has a level. */
const FLOOR_DB = -120;

/** What a codec did to pauses. Times are in seconds, levels in dB. */
export interface PauseError {
  /** Pauses of 100 ms and more in the reference, together. */
  readonly referencePauseSeconds: number;
  /** The same in the degraded clip, by the same level. */
  readonly degradedPauseSeconds: number;
  /** From the first to the last speech in the degraded clip, less the same in the reference. */
  readonly speechDurationErrorSeconds: number;
  /** Share of the frames of 10 ms that are pause in one clip and speech in the other, 0 to 1. */
  readonly pauseErrorRate: number;
  /**
   * Level in the reference's pauses of the reference, dB of full scale, -120 at least; undefined
   * when it has no pause.
   */
  readonly referenceNoiseDb: number | undefined;
  /**
   * Level in the reference's pauses of the degraded clip, as `referenceNoiseDb`: the noise that is
   * left or made.
   */
  readonly degradedNoiseDb: number | undefined;
}

/**
 * Pauses and the noise in them, a measure of this library's own. A pause is 100 ms or more in which
 * the level stays 30 dB below that of the reference's loud frames (their 95 % quantile).
 * @returns undefined when the clips are shorter than 0.5 s or the reference is silence
 * @throws RangeError when rates or lengths differ
 * @throws CodecError `bad-audio` when a sample is not finite
 */
export function pauseError(reference: Audio, degraded: Audio): PauseError | undefined {
  if (!isComparable(reference, degraded)) return undefined;
  const [x, y] = [powersOf(reference), powersOf(degraded)];
  const threshold = quantile(smoothed(x), SPEECH_QUANTILE) * 10 ** (-PAUSE_BELOW_DB / 10);
  const [px, py] = [pausesIn(smoothed(x), threshold), pausesIn(smoothed(y), threshold)];
  const frames = px.map((_, t) => t);
  const noise = frames.filter((t) => px[t]);
  return {
    referencePauseSeconds: FRAME_SECONDS * noise.length,
    degradedPauseSeconds: FRAME_SECONDS * py.filter((pause) => pause).length,
    speechDurationErrorSeconds: FRAME_SECONDS * (spokenFrames(py) - spokenFrames(px)),
    pauseErrorRate: frames.filter((t) => px[t] !== py[t]).length / frames.length,
    referenceNoiseDb: meanLevel(x, noise),
    degradedNoiseDb: meanLevel(y, noise),
  };
}

/** Mean square of every frame. */
function powersOf({ samples, sampleRate }: Audio): number[] {
  const count = Math.floor(samples.length / sampleRate / FRAME_SECONDS + 1e-9);
  return Array.from({ length: count }, (_, t) => {
    const frame = samples.subarray(Math.round(t * FRAME_SECONDS * sampleRate), Math.round((t + 1) * FRAME_SECONDS * sampleRate));
    let sum = 0;
    for (const sample of frame) sum += sample * sample;
    return sum / frame.length;
  });
}

function smoothed(powers: readonly number[]): number[] {
  const reach = SMOOTHING >> 1;
  return powers.map((_, t) => {
    const near = powers.slice(Math.max(0, t - reach), t + reach + 1);
    return near.reduce((sum, power) => sum + power, 0) / near.length;
  });
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

function pausesIn(powers: readonly number[], threshold: number): boolean[] {
  const quiet = powers.map((power) => power < threshold);
  for (let from = 0, to = 0; from < quiet.length; from = to) {
    for (to = from + 1; to < quiet.length && quiet[to] === quiet[from]; ) to++;
    if (quiet[from] && to - from < SHORTEST_PAUSE) quiet.fill(false, from, to);
  }
  return quiet;
}

function spokenFrames(pauses: readonly boolean[]): number {
  const first = pauses.indexOf(false);
  return first < 0 ? 0 : pauses.lastIndexOf(false) - first + 1;
}

function meanLevel(powers: readonly number[], frames: readonly number[]): number | undefined {
  if (frames.length === 0) return undefined;
  const mean = frames.reduce((sum, t) => sum + powers[t], 0) / frames.length;
  return Math.max(FLOOR_DB, 10 * Math.log10(mean));
}

/** {@link pauseError} as measures. */
export const PAUSES: MeasureFamily = {
  measures: [
    measureInfo({
      id: "pauses",
      label: "Pause error",
      unit: "%",
      better: "lower",
      decimals: 1,
      description: "Frames that are pause in one of the two clips only",
    }),
    measureInfo({
      id: "duration",
      label: "Length error",
      unit: "ms",
      better: "lower",
      decimals: 0,
      description: "How much longer or shorter the clip is from the first speech to the last",
    }),
    measureInfo({
      id: "pauseNoise",
      label: "Noise in pauses",
      unit: "dB FS",
      better: "lower",
      decimals: 1,
      description: "Level in the pauses of the reference: noise that is left or made",
    }),
    measureInfo({
      id: "pauseNoiseChange",
      label: "Noise in pauses, change",
      unit: "dB",
      better: "lower",
      decimals: 1,
      description: "The same against the level in the reference itself",
    }),
  ],
  compute(reference, degraded) {
    const found = pauseError(reference, degraded);
    const { referenceNoiseDb, degradedNoiseDb } = found ?? {};
    const hasBoth = referenceNoiseDb !== undefined && degradedNoiseDb !== undefined;
    return {
      pauses: percentOf(found?.pauseErrorRate),
      duration: found && 1000 * Math.abs(found.speechDurationErrorSeconds),
      pauseNoise: degradedNoiseDb,
      pauseNoiseChange: hasBoth ? degradedNoiseDb - referenceNoiseDb : undefined,
    };
  },
};
