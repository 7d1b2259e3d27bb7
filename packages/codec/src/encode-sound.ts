/**
 * The one way from sound to codes: piece by piece, so that only the codes are held in memory (33
 * bytes a frame).
 */
import type { AudioInfo, AudioStream, SoundFinding } from "./audio/audio-stream.ts";
import { monoStream } from "./audio/mono-stream.ts";
import { attentionFor, type Codec, type EncodeOptions, type Progress } from "./codec.ts";
import { type Attention, type Codes, concatCodes } from "./codes/codes.ts";
import { assertKind, assertOptions } from "./misuse.ts";

/** Options of {@link encodeSound}. */
export interface EncodeSoundOptions extends EncodeOptions {
  /**
   * Whether the sound may be live, so that nothing is read ahead to choose the attention. Default
   * false.
   */
  readonly live?: boolean | undefined;
  /**
   * Receives the codes as they come, before all of them are returned; work goes on when it settles.
   */
  readonly onCodes?: ((codes: Codes) => Promise<void> | void) | undefined;
}

/** Codes of a sound, and what the sound was. */
export interface EncodedSound {
  readonly codes: Codes;
  readonly source: AudioInfo;
  /** What is wrong with the sound and was skipped. */
  readonly findings: readonly SoundFinding[];
}

/**
 * Encodes sound of any rate and number of channels as it is read. The stream is closed, whatever
 * happens.
 * @throws CodecError what reading and encoding fail with
 */
export async function encodeSound(codec: Codec, sound: AudioStream, options: EncodeSoundOptions = {}): Promise<EncodedSound> {
  checkArguments(codec, sound, options);
  const { signal, onCodes } = options;
  const { sampleRate } = codec.info;
  const counter = { samples: 0 };
  try {
    const whole = monoStream(sound, sampleRate, { signal });
    const { attention, chunks } = await chooseAttention(codec, sound.info, whole, options);
    const mono = counted(chunks, counter, (samples) => report(samples / sampleRate, sound.info.durationSeconds, options.onProgress));
    const parts: Codes[] = [];
    for await (const codes of codec.encodeChunks(mono, { ...options, attention })) {
      await onCodes?.(codes);
      parts.push(codes);
    }
    return { codes: concatCodes(parts).withSampleCount(counter.samples), source: sound.info, findings: sound.findings };
  } finally {
    await sound.close(); // where the codec refuses before it reads
  }
}

function checkArguments(codec: Codec, sound: AudioStream, options: EncodeSoundOptions): void {
  assertKind(codec, "codec", "object");
  assertKind(codec.info, "codec.info", "object");
  assertKind(sound, "sound", "object");
  assertKind(sound.info, "sound.info", "object");
  assertOptions(options, { live: "boolean", onCodes: "function", signal: "signal", onProgress: "function" });
}

/**
 * What the attention sees where nobody says it: by the length of the sound, as {@link Codec.encode}
 * does. Sound that does not tell its length is read ahead, at most as far as the choice needs; live
 * sound is not.
 */
async function chooseAttention(
  codec: Codec,
  { durationSeconds }: AudioInfo,
  chunks: AsyncGenerator<Float32Array>,
  { attention: wanted, live }: EncodeSoundOptions,
): Promise<{ attention: Attention; chunks: AsyncIterable<Float32Array> }> {
  if (wanted !== undefined) return { attention: wanted, chunks };
  if (durationSeconds !== undefined) return { attention: attentionFor(durationSeconds), chunks };
  if (!codec.info.traits.attention || live) return { attention: "windowed", chunks };
  const ahead: Float32Array[] = [];
  let attention: Attention = "reference";
  for (let samples = 0; attention === "reference"; ) {
    const next = await chunks.next();
    if (next.done) break;
    ahead.push(next.value);
    samples += next.value.length;
    attention = attentionFor(samples / codec.info.sampleRate);
  }
  return { attention, chunks: joined(ahead, chunks) };
}

async function* joined<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}

async function* counted(
  chunks: AsyncIterable<Float32Array>,
  counter: { samples: number },
  after: (samples: number) => void,
): AsyncGenerator<Float32Array> {
  for await (const chunk of chunks) {
    counter.samples += chunk.length;
    yield chunk;
    after(counter.samples);
  }
}

function report(doneSeconds: number, declaredSeconds: number | undefined, onProgress: ((progress: Progress) => void) | undefined): void {
  onProgress?.({ doneSeconds, totalSeconds: Math.max(doneSeconds, declaredSeconds ?? doneSeconds) });
}
