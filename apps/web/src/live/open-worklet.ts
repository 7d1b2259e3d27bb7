import { CodecError, type ModelInfo } from "@twelvehz/codec/web";
import type { SampleBufferSizes } from "@twelvehz/transport";
import workletUrl from "./live-worklet.ts?worker&url";

/**
 * Loads capture and playback on the audio thread.
 * @throws CodecError `unsupported` where the browser has no audio worklets
 */
export async function loadWorklet(context: AudioContext): Promise<void> {
  const { audioWorklet } = context as { readonly audioWorklet?: AudioWorklet };
  if (!audioWorklet)
    throw new CodecError("unsupported", "Cannot work on live sound: this page has no audio worklets; open it by https or on localhost");
  await audioWorklet.addModule(workletUrl);
}

/**
 * Sizes of the jitter buffer. The first piece that the decoder gives is shorter than a frame by what
 * it keeps open.
 * @param jitterMs lateness that is not heard
 * @param mostMs longest wait
 */
export function bufferSizes(
  { sampleRate }: AudioContext,
  info: Pick<ModelInfo, "decodeDelaySamples" | "sampleRate">,
  jitterMs: number,
  mostMs: number,
): SampleBufferSizes {
  const perMs = sampleRate / 1000;
  const hold = Math.round(perMs * (jitterMs + (1000 * info.decodeDelaySamples) / info.sampleRate));
  return { sampleRate, hold, most: Math.round(perMs * mostMs) };
}
