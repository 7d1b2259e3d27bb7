import { DEFAULT_SPEC, readAudio } from "@twelvehz/codec/web";
import { type Clip, MAX_SECONDS } from "../app-state.ts";

/** Rate of the page's sound, Hz: that of the models. */
export const SAMPLE_RATE: number = DEFAULT_SPEC.sampleRate;

/**
 * Reads a sound file as a clip.
 * @throws CodecError as `readAudio`, `too-large` beyond {@link MAX_SECONDS}
 */
export async function readClip(file: Blob, name: string, signal?: AbortSignal): Promise<Clip> {
  return { name, audio: await readAudio(file, { name, sampleRate: SAMPLE_RATE, maxSeconds: MAX_SECONDS, signal }) };
}
