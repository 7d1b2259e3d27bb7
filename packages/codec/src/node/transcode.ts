/** Files of any length through a codec: sound is read, coded and written piece by piece, and only the codes are held in memory (33 bytes a frame). */
import type { AudioInfo } from "../audio/decoded-sound.ts";
import { monoStream } from "../audio/mono-stream.ts";
import { attentionFor, type Codec, type DecodeOptions, type EncodeOptions, type Progress } from "../codec.ts";
import type { Codes } from "../codes.ts";
import { concatCodes } from "../codes.ts";
import { openAudioFile } from "./read-audio.ts";
import { WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";

/** Options of {@link encodeFile}. */
export interface EncodeFileOptions extends EncodeOptions {
  /** Refuse longer sounds. Default 43200 s (12 h). */
  readonly maxSeconds?: number | undefined;
  /** Receives the codes as they come, before they are returned in whole; work goes on when it settles. */
  readonly onCodes?: ((codes: Codes) => Promise<void> | void) | undefined;
}

/** Codes of a file, and what the file was. */
export interface EncodedFile {
  readonly codes: Codes;
  readonly source: AudioInfo;
}

/**
 * Encodes a sound file of any kind that is read.
 * @param path file, or `-` for the standard input
 * @throws CodecError what reading and encoding fail with
 */
export async function encodeFile(codec: Codec, path: string, options: EncodeFileOptions = {}): Promise<EncodedFile> {
  const { signal, maxSeconds, onCodes } = options;
  const { sampleRate, layers, codebookSize, name, id } = codec.info;
  const sound = await openAudioFile(path, { signal, maxSeconds });
  const counter = { samples: 0 };
  const { durationSeconds } = sound.info;
  const attention = options.attention ?? (durationSeconds === undefined ? "windowed" : attentionFor(durationSeconds));
  const mono = counted(monoStream(sound, sampleRate, { signal }), counter, (samples) =>
    report(samples / sampleRate, sound.info.durationSeconds, options.onProgress),
  );
  const parts: Codes[] = [];
  for await (const codes of codec.encodeChunks(mono, { ...options, attention })) {
    await onCodes?.(codes);
    parts.push(codes);
  }
  const codes = concatCodes(parts, {
    layers: options.layers ?? layers,
    codebookSize,
    model: { name, id },
    attention: codec.attentionOf(attention),
    sampleCount: counter.samples,
  });
  return { codes, source: sound.info };
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
