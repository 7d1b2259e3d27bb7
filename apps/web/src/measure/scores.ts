import type { Audio } from "@twelvehz/codec/web";
import { callWorker } from "../workers/call-worker.ts";

/**
 * How close a clip came to its original. Undefined where a measure has no value: too short, or
 * silence.
 */
export interface Scores {
  /** PESQ-WB, P.862.2, up to 4.64. */
  readonly pesq: number | undefined;
  /** STOI, up to 1. */
  readonly stoi: number | undefined;
}

/** Scores against the voice without its noise, of the noisy clip and of what became of it. */
export interface CleanScores {
  readonly noisy: PauseScores;
  readonly heard: PauseScores;
}

/** Scores with the noise in the pauses. */
export interface PauseScores extends Scores {
  /** Level where the clean voice pauses, dB of full scale; undefined where it has no pause. */
  readonly pauseDb: number | undefined;
}

/** What the worker is asked for: two clips at one rate and of one length. */
export interface ScoresRequest {
  readonly reference: Float32Array;
  readonly degraded: Float32Array;
  readonly sampleRate: number;
}

/**
 * Measures a clip against its original, in a worker.
 * @param degraded at the rate of the original; where it is longer it is cut, where it is shorter
 * silence is added
 * @param onLeft told how much work is left, estimated, ms
 * @throws CodecError `aborted`, `runtime`
 */
export function scoresOf(original: Audio, degraded: Audio, signal?: AbortSignal, onLeft?: (leftMs: number) => void): Promise<PauseScores> {
  const request = {
    reference: original.samples,
    degraded: fitted(degraded.samples, original.samples.length),
    sampleRate: original.sampleRate,
  };
  return callWorker<ScoresRequest, PauseScores, number>(openWorker, request, signal, onLeft);
}

/**
 * Measures a noisy clip, and what became of it, against the voice without the noise. @throws
 * CodecError `aborted`, `runtime`
 */
export async function cleanScoresOf(clean: Audio, noisy: Audio, heard: Audio, signal: AbortSignal): Promise<CleanScores> {
  return { noisy: await scoresOf(clean, noisy, signal), heard: await scoresOf(clean, heard, signal) };
}

function openWorker(): Worker {
  return new Worker(new URL("./scores-worker.ts", import.meta.url), { type: "module" });
}

/** The first `length` samples; silence where there are fewer. */
export function fitted(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples.subarray(0, length);
  const out = new Float32Array(length);
  out.set(samples);
  return out;
}
