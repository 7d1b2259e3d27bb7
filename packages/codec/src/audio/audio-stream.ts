/// <reference lib="esnext.disposable" preserve="true" />
import { CodecError, messageOf, throwIfAborted } from "../errors.ts";
import { gitPointer } from "../bytes/git-pointer.ts";
import { assertOptions, assertPieces } from "../misuse.ts";
import { openAiff } from "./aiff.ts";
import { ByteReader, type ByteReaderOptions } from "./byte-reader.ts";
import type { AudioInfo, DecodedSound } from "./decoded-sound.ts";
import { openFlac } from "./flac.ts";
import { openMp3 } from "./mp3.ts";
import { type AudioFormat, containerName, looksLikeText, SNIFF_BYTES, sniffFormat, skipId3 } from "./sniff-format.ts";
import type { SoundFinding } from "./sound-findings.ts";
import { openOgg } from "./ogg.ts";
import { openWav } from "./wav.ts";

export type { AudioInfo } from "./decoded-sound.ts";
export type { SoundFinding } from "./sound-findings.ts";
export { type AudioFormat, containerName, looksLikeText } from "./sniff-format.ts";

/** Longest sound that is read unless an option says otherwise, in seconds: 12 hours. */
export const DEFAULT_MAX_SECONDS = 43_200;

/** How a sound is opened. */
export interface AudioStreamOptions extends ByteReaderOptions {
  /** Longest sound that is read, in seconds. Default {@link DEFAULT_MAX_SECONDS}. */
  readonly maxSeconds?: number | undefined;
}

/** A sound being read: the facts at once, the samples as they are decoded. */
export interface AudioStream {
  /** Format, rate, channels and length. */
  readonly info: AudioInfo;
  /**
   * Whether the length that {@link AudioStream.info} tells is that of the bytes that are there;
   * else it is what the file declares, which may be wrong.
   */
  readonly lengthIsSure: boolean;
  /**
   * What is wrong with the file and was skipped; grows while {@link AudioStream.chunks} are read.
   */
  readonly findings: readonly SoundFinding[];
  /**
   * Planar samples in pieces of any length, one array per channel, nominally in [-1, 1]; can be
   * read once. Reading it to the end, or leaving it early, gives the source back. What is there of
   * a damaged file or one that is cut short is read, which {@link AudioStream.findings} tell.
   * Throws CodecError: `bad-format` when nothing can be read of it, or where reading is strict;
   * `too-large`, `io`, `aborted`.
   */
  readonly chunks: AsyncIterable<Float32Array[]>;
  /** Gives the source back when the samples are not wanted. Harmless when repeated. */
  close(): Promise<void>;
  /** {@link AudioStream.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const OPENERS: Readonly<Record<AudioFormat, (reader: ByteReader) => Promise<DecodedSound>>> = {
  wav: openWav,
  aiff: openAiff,
  flac: openFlac,
  ogg: openOgg,
  mp3: openMp3,
};

/**
 * Opens WAV, AIFF, MP3, FLAC, Ogg Opus or Ogg Vorbis from bytes, whatever the file is called.
 * @param bytes chunks of any size; used once
 * @throws CodecError `bad-format` (empty, text, damaged), `unsupported` (another kind of file),
 * `too-large`, `io`, `aborted`
 */
export async function openAudioStream(bytes: AsyncIterable<Uint8Array>, options: AudioStreamOptions = {}): Promise<AudioStream> {
  assertPieces(bytes, "bytes", "Uint8Array");
  assertOptions(options, { signal: "signal", maxSeconds: "number", strict: "boolean", name: "string", byteLength: "number" });
  return openAudioReader(new ByteReader(bytes, options), options);
}

/** As {@link openAudioStream}, from a reader that stands at the first byte. */
async function openAudioReader(reader: ByteReader, options: AudioStreamOptions = {}): Promise<AudioStream> {
  try {
    const format = (await sniffFormat(reader, options.name)) ?? (await sniffAfterTag(reader, options.name));
    if (format === undefined) throw unknownFormat(reader, await reader.peek(SNIFF_BYTES));
    const sound = await OPENERS[format](reader);
    const maxSeconds = options.maxSeconds ?? DEFAULT_MAX_SECONDS;
    if (sound.lengthIsSure && (sound.info.durationSeconds ?? 0) > maxSeconds)
      throw tooLong(reader, sound.info.durationSeconds ?? 0, maxSeconds);
    return streamOf(reader, sound, guarded(reader, sound, maxSeconds, options.signal));
  } catch (error) {
    await reader.close();
    throw asCodecError(reader, error);
  }
}

/**
 * ID3v2 tags stand before MP3, and sometimes before FLAC or AAC: what follows them is looked at
 * like a file.
 */
async function sniffAfterTag(reader: ByteReader, name: string | undefined): Promise<AudioFormat | undefined> {
  if (!(await skipId3(reader))) return undefined;
  const format = await sniffFormat(reader, name);
  return format ?? (containerName(await reader.peek(SNIFF_BYTES)) === undefined ? "mp3" : undefined);
}

function streamOf(reader: ByteReader, { info, lengthIsSure = false }: DecodedSound, chunks: AsyncIterable<Float32Array[]>): AudioStream {
  return {
    info,
    lengthIsSure,
    chunks,
    get findings() {
      return reader.findings.list;
    },
    close: () => reader.close(),
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

function unknownFormat(reader: ByteReader, head: Uint8Array): CodecError {
  const wanted = "WAV, AIFF, MP3, FLAC, Ogg Opus or Ogg Vorbis is wanted";
  if (head.length === 0) return reader.fail("bad-format", `it is empty; ${wanted}`);
  const pointer = gitPointer(head);
  if (pointer) return reader.fail("bad-format", `it is ${pointer}`);
  if (looksLikeText(head)) return reader.fail("bad-format", `it is text, which begins with ${quoteText(head)}; ${wanted}`);
  const kind = containerName(head);
  if (kind) return reader.fail("unsupported", `it is ${kind}, and ${wanted}; convert it, for example with: ffmpeg -i INPUT output.wav`);
  const bytes = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return reader.fail("unsupported", `it begins with the bytes ${bytes}, which no known format does; ${wanted}`);
}

function quoteText(head: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(head.subarray(0, 24)).replace(/\ufffd+$/, ""));
}

/** Longest time that decoding runs without a break, ms. */
const BREAK_AFTER_MS = 50;

/**
 * Lets timers, other work and cancelling signals have their turn: bytes that are there already are
 * decoded without any pause else. A message, for timers of pages in the background come once a
 * second at most.
 */
function takeBreak(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Passes samples on while it counts them, and turns whatever goes wrong into a CodecError. */
async function* guarded(
  reader: ByteReader,
  sound: DecodedSound,
  maxSeconds: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array[]> {
  const limit = maxSeconds * sound.info.sampleRate;
  let count = 0;
  let rested = performance.now();
  try {
    for await (const chunk of sound.chunks) {
      if (performance.now() - rested > BREAK_AFTER_MS) {
        await takeBreak();
        rested = performance.now();
      }
      throwIfAborted(signal);
      count += chunk[0].length;
      if (count > limit) throw tooLong(reader, count / sound.info.sampleRate, maxSeconds);
      if (chunk[0].length > 0) yield chunk;
    }
  } catch (error) {
    throw asCodecError(reader, error);
  } finally {
    await reader.close();
  }
}

function tooLong(reader: ByteReader, found: number, maxSeconds: number): CodecError {
  return reader.fail("too-large", `it lasts ${Math.round(found)} s or more, and the limit is ${maxSeconds} s; cut it, or raise the limit`);
}

function asCodecError(reader: ByteReader, error: unknown): CodecError {
  if (error instanceof CodecError) return error;
  const isFault = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError; // of a decoder: its words tell a user nothing
  return reader.fail(
    "bad-format",
    isFault ? "its decoder gave up; the file is damaged" : `its decoder gave up: ${messageOf(error)}`,
    error,
  );
}
