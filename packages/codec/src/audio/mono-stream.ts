import { Audio } from "../audio.ts";
import { CodecError, throwIfAborted } from "../errors.ts";
import { assertKind, assertOptions } from "../misuse.ts";
import type { AudioStream } from "./audio-stream.ts";
import { mixToMono } from "./mix.ts";
import { Resampler } from "./resample.ts";

/** How a sound is made mono. */
export interface MonoStreamOptions {
  /** Stops between two pieces. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Larger values are no sound: they come from a file of another kind, and would overflow on the way.
 * Full scale is 1.
 */
const MAX_MAGNITUDE = 1e9;

/**
 * The samples of a stream as one channel at one rate: mean of the channels, resampled, checked to
 * be finite.
 * @param sampleRate Hz, whole
 * @throws CodecError `bad-audio` when a sample is not finite or there are none; `bad-format`, `io`,
 * `too-large`, `aborted` of the stream
 */
export async function* monoStream(stream: AudioStream, sampleRate: number, options: MonoStreamOptions = {}): AsyncGenerator<Float32Array> {
  assertKind(stream, "stream", "object");
  assertKind(stream.info, "stream.info", "object");
  assertOptions(options, { signal: "signal" });
  const resampler = new Resampler(stream.info.sampleRate, sampleRate);
  let count = 0;
  for await (const channels of stream.chunks) {
    throwIfAborted(options.signal);
    checkFinite(channels, count, stream.info.sampleRate);
    count += channels[0].length;
    const out = resampler.push(mixToMono(channels));
    if (out.length > 0) yield out;
  }
  if (count === 0) throw new CodecError("bad-audio", "Cannot use the sound: it holds no samples; one at least is wanted");
  const rest = resampler.flush();
  if (rest.length > 0) yield rest;
}

/**
 * Most samples that are collected: 1 GiB, 3.1 h at 24 kHz. A damaged or hostile file of some KB can
 * stand for hours.
 */
const MAX_COLLECTED = 2 ** 28;

/**
 * Reads a whole stream as mono sound at one rate.
 * @param sampleRate Hz, whole
 * @throws CodecError as {@link monoStream}, and `too-large` over 2^28 samples: longer sounds are
 * for {@link monoStream} itself
 */
export async function collectAudio(stream: AudioStream, sampleRate: number, options: MonoStreamOptions = {}): Promise<Audio> {
  const parts: Float32Array[] = [];
  let length = 0;
  for await (const part of monoStream(stream, sampleRate, options)) {
    parts.push(part);
    length += part.length;
    if (length > MAX_COLLECTED)
      throw new CodecError("too-large", `Cannot hold the sound: it has over ${MAX_COLLECTED} samples; cut it, or read it piece by piece`);
  }
  const samples = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return new Audio(samples, sampleRate);
}

function checkFinite(channels: readonly Float32Array[], before: number, sampleRate: number): void {
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) <= MAX_MAGNITUDE) continue;
      const at = `sample ${before + i} of channel ${channel + 1} (at ${((before + i) / sampleRate).toFixed(3)} s)`;
      throw new CodecError("bad-audio", `Cannot use the sound: ${at} is ${samples[i]}; numbers near -1 to 1 are wanted`);
    }
  }
}
