import { stat } from "node:fs/promises";
import { type AudioStream, type AudioStreamOptions, containerName, looksLikeText, openAudioStream } from "../audio/audio-stream.ts";
import { SoundFindings } from "../audio/sound-findings.ts";
import { collectAudio } from "../audio/mono-stream.ts";
import type { Audio } from "../audio.ts";
import { DEFAULT_SPEC } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";
import { assertAudio, assertKind, assertNumber, assertOptions } from "../misuse.ts";
import { ffmpegBytes, findFfmpeg } from "./ffmpeg.ts";
import { byteStream, inputName } from "./files.ts";
import type { OutputFileOptions } from "./output-file.ts";
import { Replay } from "./replay.ts";
import { isStandardStream } from "./standard-streams.ts";
import { WavFileWriter, type WrittenAudio } from "./wav-file-writer.ts";

/** How a sound file is opened. */
export interface OpenAudioOptions extends Pick<AudioStreamOptions, "signal" | "maxSeconds" | "strict"> {
  /** What the file holds, where it has been opened already. Default: the file is opened. */
  readonly bytes?: AsyncIterable<Uint8Array> | undefined;
}

/** How a sound file is read into memory. */
export interface ReadAudioOptions extends OpenAudioOptions {
  /** Rate of the result, Hz, whole. Default 24000. */
  readonly sampleRate?: number | undefined;
}

/** How a WAV file is written. */
export interface WriteAudioOptions extends OutputFileOptions {
  /** 32-bit float instead of 16-bit integers. Default false. */
  readonly float?: boolean | undefined;
}

/** Samples that are encoded at once. */
const PIECE = 65_536;

/**
 * Opens a sound file for reading piece by piece: WAV, AIFF, MP3, FLAC, Ogg Opus and Ogg Vorbis;
 * other kinds, such as M4A, through an `ffmpeg` on the PATH, which `info.format` then says.
 * @param path file, or `-` for the standard input
 * @throws CodecError `not-found`, `no-permission`, `io`, `bad-format`, `unsupported`, `too-large`,
 * `aborted`
 */
export async function openAudioFile(path: string, options: OpenAudioOptions = {}): Promise<AudioStream> {
  assertKind(path, "path", "string");
  assertOptions(options, { signal: "signal", maxSeconds: "number", strict: "boolean" });
  const name = inputName(path);
  const bytes = new Replay(options.bytes ?? byteStream(path, options));
  try {
    const stream = await begun(await openAudioStream(bytes, { ...options, name, byteLength: await fileLength(path) }));
    bytes.forget();
    return stream;
  } catch (error) {
    if (!(error instanceof CodecError && isForFfmpeg(error, bytes.head, options))) {
      const closing = bytes.close();
      if (options.signal?.aborted)
        closing.catch(() => undefined); // a pipe that is silent would hold up the answer
      else await closing;
      throw error;
    }
    return openThroughFfmpeg(path, bytes, options, error);
  }
}

/**
 * Whether ffmpeg may read what is not read here, or is found damaged where it begins. It reads
 * RIFX, but wrongly (5.1), and text as a script.
 */
function isForFfmpeg({ code }: CodecError, head: Uint8Array, { strict }: OpenAudioOptions): boolean {
  if (head.length === 0 || looksLikeText(head) || String.fromCharCode(...head.subarray(0, 4)) === "RIFX") return false;
  return code === "unsupported" || (code === "bad-format" && !strict);
}

/**
 * The stream with its first samples decoded already: whoever cannot decode them fails before
 * anything is done with the rest.
 */
async function begun(stream: AudioStream): Promise<AudioStream> {
  const iterator = stream.chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* chunks(): AsyncGenerator<Float32Array[]> {
    try {
      for (let next = first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return withChanges(stream, { chunks: chunks() });
}

/** A stream with some properties changed; those that change while it is read go on to. */
function withChanges(stream: AudioStream, changes: Partial<Pick<AudioStream, "info" | "chunks">>): AudioStream {
  return {
    info: changes.info ?? stream.info,
    lengthIsSure: stream.lengthIsSure,
    chunks: changes.chunks ?? stream.chunks,
    get findings() {
      return stream.findings;
    },
    close: () => stream.close(),
    [Symbol.asyncDispose]: () => stream.close(),
  };
}

async function fileLength(path: string): Promise<number | undefined> {
  if (isStandardStream(path, 0)) return undefined;
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/**
 * Second choice for what is not read here; `first` is the error that stands when there is no
 * ffmpeg.
 */
async function openThroughFfmpeg(path: string, bytes: Replay, options: OpenAudioOptions, first: CodecError): Promise<AudioStream> {
  const program = await findFfmpeg();
  const seekable = (await fileLength(path)) !== undefined && !/^\/(dev|proc)\//.test(path); // /dev/fd/3 is another file in ffmpeg's process
  if (seekable || program === undefined) await bytes.close();
  if (program === undefined) {
    if (first.code !== "unsupported") throw first;
    throw new CodecError("unsupported", `${first.message}, or install ffmpeg, which is used when it is on the PATH`, { cause: first });
  }
  const name = inputName(path);
  const codec = /codec is 0x[0-9a-f]+ \(([^)]+)\)/.exec(first.message)?.[1];
  const named = /: it is ([^,]+), and /.exec(first.message)?.[1]; // behind an ID3 tag, of which the head is
  const kind = codec ?? containerName(bytes.head) ?? named ?? "sound of another kind";
  const source = seekable ? path : bytes.restart();
  const findings = new SoundFindings();
  const onTrouble = (words: string): void => findings.add("note", `ffmpeg says: ${words}`);
  const decoded = ffmpegBytes({ program, name, source, strict: options.strict, onTrouble, signal: options.signal });
  try {
    const stream = await openAudioStream(decoded, { ...options, name, findings });
    return withChanges(stream, { info: { ...stream.info, format: `${kind} via ffmpeg`, durationSeconds: undefined } });
  } catch (error) {
    if (first.code === "unsupported" || !(error instanceof CodecError && error.code === "bad-format")) throw error;
    throw new CodecError(first.code, `${first.message}; ffmpeg cannot read it either`, { cause: error });
  }
}

/**
 * Reads a whole sound file as mono.
 * @param path file, or `-` for the standard input
 * @throws CodecError as {@link openAudioFile}, and `bad-audio` for no samples or samples that are
 * not finite
 */
export async function readAudio(path: string, options: ReadAudioOptions = {}): Promise<Audio> {
  assertOptions(options, {});
  if (options.sampleRate !== undefined) assertNumber(options.sampleRate, "sampleRate", 1, 768_000);
  const stream = await openAudioFile(path, options);
  return collectAudio(stream, options.sampleRate ?? DEFAULT_SPEC.sampleRate, options);
}

/**
 * Writes mono WAV under a temporary name and renames it; `-` is the standard output.
 * @throws CodecError `not-found`, `no-permission`, `io`, `bad-audio` (samples that are not finite);
 * no partial file is left
 */
export async function writeAudio(path: string, audio: Audio, options: WriteAudioOptions = {}): Promise<WrittenAudio> {
  assertAudio(audio, "audio");
  const writer = await WavFileWriter.open(path, { ...options, sampleRate: audio.sampleRate, expectedSamples: audio.samples.length });
  try {
    for (let at = 0; at < audio.samples.length; at += PIECE) await writer.write(audio.samples.subarray(at, at + PIECE));
    return await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
