/** Files of any length through a codec: sound is read, coded and written piece by piece, and only the codes are held in memory (33 bytes a frame). */
import type { AudioInfo, AudioStream, SoundFinding } from "../audio/audio-stream.ts";
import { monoStream } from "../audio/mono-stream.ts";
import { attentionFor, type Codec, type DecodeOptions, type EncodeOptions, type Progress } from "../codec.ts";
import { type Attention, type Codes, concatCodes } from "../codes.ts";
import { assertCodes, assertKind, assertOptions } from "../misuse.ts";
import { openAudioFile } from "./read-audio.ts";
import { WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";

/** Options of {@link encodeFile}. */
export interface EncodeFileOptions extends EncodeOptions {
  /** Refuse longer sounds. Default 43200 s (12 h). */
  readonly maxSeconds?: number | undefined;
  /** Refuse sound that is damaged, cut short or declares wrong numbers, instead of encoding what is there. Default false. */
  readonly strict?: boolean | undefined;
  /** Receives the codes as they come, before they are returned in whole; work goes on when it settles. */
  readonly onCodes?: ((codes: Codes) => Promise<void> | void) | undefined;
}

/** Codes of a file, and what the file was. */
export interface EncodedFile {
  readonly codes: Codes;
  readonly source: AudioInfo;
  /** What is wrong with the file and was gone over. */
  readonly findings: readonly SoundFinding[];
}

/**
 * Encodes a sound file of any kind that is read.
 * @param path file, or `-` for the standard input
 * @throws CodecError what reading and encoding fail with
 */
export async function encodeFile(codec: Codec, path: string, options: EncodeFileOptions = {}): Promise<EncodedFile> {
  assertCodec(codec);
  assertOptions(options, { onCodes: "function" });
  const sound = await openAudioFile(path, { signal: options.signal, maxSeconds: options.maxSeconds, strict: options.strict });
  try {
    return await encodeSound(codec, path, sound, options);
  } finally {
    await sound.close(); // where the codec refuses before it reads
  }
}

function assertCodec(codec: unknown): void {
  assertKind(codec, "codec", "object");
  assertKind((codec as Codec).info, "codec.info", "object");
}

async function encodeSound(codec: Codec, path: string, sound: AudioStream, options: EncodeFileOptions): Promise<EncodedFile> {
  const { signal, onCodes } = options;
  const { sampleRate } = codec.info;
  const counter = { samples: 0 };
  const whole = monoStream(sound, sampleRate, { signal });
  const { attention, chunks } = await chooseAttention(codec, path, sound.info, whole, options.attention);
  const mono = counted(chunks, counter, (samples) => report(samples / sampleRate, sound.info.durationSeconds, options.onProgress));
  const parts: Codes[] = [];
  for await (const codes of codec.encodeChunks(mono, { ...options, attention })) {
    await onCodes?.(codes);
    parts.push(codes);
  }
  return { codes: concatCodes(parts).withSampleCount(counter.samples), source: sound.info, findings: sound.findings };
}

/**
 * What the attention sees where nobody says it: by the length of the sound, as {@link Codec.encode} does. Files that do not tell their length are read ahead, at most
 * as far as the choice needs; the standard input is not, for it may be live.
 */
async function chooseAttention(
  codec: Codec,
  path: string,
  { durationSeconds }: AudioInfo,
  chunks: AsyncGenerator<Float32Array>,
  wanted: Attention | undefined,
): Promise<{ attention: Attention; chunks: AsyncIterable<Float32Array> }> {
  if (wanted !== undefined) return { attention: wanted, chunks };
  if (durationSeconds !== undefined) return { attention: attentionFor(durationSeconds), chunks };
  if (!codec.info.traits.attention || path === "-") return { attention: "windowed", chunks };
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

/** Options of {@link decodeToFile}. */
export interface DecodeToFileOptions extends DecodeOptions {
  /** 32-bit float samples instead of 16-bit integers. Default false. */
  readonly float?: boolean | undefined;
}

/** Frames decoded between two writes. */
const PIECE_FRAMES = 125;

/**
 * Decodes codes into a WAV file, which appears under its name when it is whole.
 * @param path file, or `-` for the standard output
 * @throws CodecError what decoding and writing fail with; nothing is left then
 */
export async function decodeToFile(codec: Codec, codes: Codes, path: string, options: DecodeToFileOptions = {}): Promise<WrittenAudio> {
  assertCodec(codec);
  assertCodes(codes, "codes");
  assertOptions(options, { float: "boolean" });
  const { sampleRate, samplesPerFrame } = codec.info;
  const total = Math.min(codes.sampleCount ?? Infinity, codes.frames * samplesPerFrame);
  const writer = await WavFileWriter.open(path, { sampleRate, float: options.float, expectedSamples: total });
  try {
    for await (const samples of codec.decodeChunks(piecesOf(codes), options)) {
      await writer.write(samples.subarray(0, total - writer.sampleCount));
      report(writer.sampleCount / sampleRate, total / sampleRate, options.onProgress);
    }
    return await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function* piecesOf(codes: Codes): Generator<Codes> {
  for (let start = 0; start < codes.frames; start += PIECE_FRAMES) yield codes.slice(start, Math.min(codes.frames, start + PIECE_FRAMES));
}
