import { Audio, CodecError, DEFAULT_SPEC, readAudio } from "@twelvehz/codec/node";
import type { ClipFile } from "@twelvehz/clips";

/**
 * Rate at which clips are read and compared, Hz: that of the codec, so that all its bands count.
 */
export const EVALUATION_RATE: number = DEFAULT_SPEC.sampleRate;
/** Clips are cut after so many seconds unless told otherwise. */
export const DEFAULT_SECONDS = 12;

/**
 * Reads a clip as the evaluation hears it: mono at {@link EVALUATION_RATE}, cut after `seconds`.
 * @throws CodecError as {@link readWholeClip}
 */
export async function readClip(clip: ClipFile, seconds: number, signal?: AbortSignal): Promise<Audio> {
  const whole = await readWholeClip(clip, EVALUATION_RATE, signal);
  return new Audio(whole.samples.slice(0, Math.round(seconds * EVALUATION_RATE)), EVALUATION_RATE);
}

/**
 * Reads a clip, mono at a rate.
 * @throws CodecError as `readAudio`, naming the clip also where the error is about its samples
 */
export async function readWholeClip({ path }: ClipFile, sampleRate: number, signal?: AbortSignal): Promise<Audio> {
  try {
    return await readAudio(path, { sampleRate, signal });
  } catch (error) {
    if (!(error instanceof CodecError && error.code === "bad-audio") || error.message.includes(path)) throw error;
    const reason = error.message.replace(/^Cannot [^:]*: /, "");
    throw new CodecError("bad-audio", `Cannot read ${JSON.stringify(path)}: ${reason}`, { cause: error });
  }
}
