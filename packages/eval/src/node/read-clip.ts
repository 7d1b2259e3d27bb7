import { Audio, readAudio } from "@twelvehz/codec/node";
import type { ClipFile } from "./clip-list.ts";

/** Rate at which clips are read and compared, Hz: that of the codec, so that all its bands count. */
export const EVALUATION_RATE = 24_000;
/** Clips are cut after so many seconds unless told otherwise. */
export const DEFAULT_SECONDS = 12;

/**
 * Reads a clip as the evaluation hears it: mono at {@link EVALUATION_RATE}, cut after `seconds`.
 * @throws CodecError as `readAudio`, naming the clip
 */
export async function readClip({ path }: ClipFile, seconds: number, signal?: AbortSignal): Promise<Audio> {
  const whole = await readAudio(path, { sampleRate: EVALUATION_RATE, signal });
  return new Audio(whole.samples.slice(0, Math.round(seconds * EVALUATION_RATE)), EVALUATION_RATE);
}
