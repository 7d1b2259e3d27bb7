/**
 * Files of any length through a codec: sound is read, coded and written piece by piece, and only
 * the codes are held in memory (33 bytes a frame).
 */
import { assertCodes, assertKind, assertOptions } from "../misuse.ts";
import type { Codec, DecodeOptions } from "../codec.ts";
import type { Codes } from "../codes/codes.ts";
import { type EncodedSound, encodeSound, type EncodeSoundOptions } from "../encode-sound.ts";
import { isStandardStream } from "./standard-streams.ts";
import { openAudioFile } from "./read-audio.ts";
import { WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";

/** Options of {@link encodeFile}. */
export interface EncodeFileOptions extends Omit<EncodeSoundOptions, "live"> {
  /** Refuse longer sounds. Default 43200 s (12 h). */
  readonly maxSeconds?: number | undefined;
  /**
   * Refuse sound that is damaged, cut short or declares wrong numbers, instead of encoding what is
   * there. Default false.
   */
  readonly strict?: boolean | undefined;
}

/**
 * Encodes a sound file of any kind that is read.
 * @param path file, or `-` for the standard input
 * @throws CodecError what reading and encoding fail with
 */
export async function encodeFile(codec: Codec, path: string, options: EncodeFileOptions = {}): Promise<EncodedSound> {
  assertCodec(codec);
  assertOptions(options, { onCodes: "function" });
  const sound = await openAudioFile(path, { signal: options.signal, maxSeconds: options.maxSeconds, strict: options.strict });
  return encodeSound(codec, sound, { ...options, live: isStandardStream(path, 0) }); // the standard input may be live
}

function assertCodec(codec: unknown): void {
  assertKind(codec, "codec", "object");
  assertKind((codec as Codec).info, "codec.info", "object");
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
      options.onProgress?.({ doneSeconds: writer.sampleCount / sampleRate, totalSeconds: total / sampleRate });
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
