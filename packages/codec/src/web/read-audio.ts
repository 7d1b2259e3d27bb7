import { DEFAULT_SPEC } from "../codes/codes-spec.ts";
import { openAudioStream } from "../audio/audio-stream.ts";
import { mixToMono } from "../audio/mix.ts";
import { collectAudio } from "../audio/mono-stream.ts";
import { resample } from "../audio/resample.ts";
import { Audio } from "../audio.ts";
import { CodecError, messageOf, throwIfAborted } from "../errors.ts";
import { assertKind, assertOptions } from "../misuse.ts";

/** How {@link readAudio} reads. */
export interface ReadAudioOptions {
  /** Rate of the result, Hz, whole. Default 24000. */
  readonly sampleRate?: number | undefined;
  /** Longest sound that is read, in seconds. Default 3600. */
  readonly maxSeconds?: number | undefined;
  /** Name for messages. Default: the file's name, where it is a File. */
  readonly name?: string | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_MAX_SECONDS = 3600;
/** Bytes that are read at once. */
const PIECE_BYTES = 2 ** 20;
/** Rate at which the browser decodes: that of nearly all sound in M4A and WebM, Hz. */
const BROWSER_RATE = 48_000;
/**
 * A second of sound that only the browser decodes is hardly ever larger: two channels of 16 bits at
 * 48 kHz, bytes.
 */
const MAX_BYTES_PER_SECOND = 192_000;

/**
 * Reads a sound file as mono: WAV, AIFF, MP3, FLAC, Ogg Opus and Ogg Vorbis as everywhere; other
 * kinds, such as M4A and WebM, as far as the browser decodes them.
 * @throws CodecError `bad-format`, `unsupported`, `bad-audio`, `too-large`, `aborted`
 */
export async function readAudio(blob: Blob, options: ReadAudioOptions = {}): Promise<Audio> {
  assertKind(blob, "blob", "object");
  assertOptions(options, { sampleRate: "number", maxSeconds: "number", name: "string", signal: "signal" });
  const {
    sampleRate = DEFAULT_SPEC.sampleRate,
    maxSeconds = DEFAULT_MAX_SECONDS,
    signal,
    name = blob instanceof File ? blob.name : undefined,
  } = options;
  const known = { name, signal, maxSeconds, byteLength: blob.size };
  try {
    return await collectAudio(await openAudioStream(piecesOf(blob), known), sampleRate, { signal });
  } catch (error) {
    if (!(error instanceof CodecError && error.code === "unsupported")) throw error;
    return readByBrowser(blob, {
      sampleRate,
      maxSeconds,
      signal,
      label: name === undefined ? "the sound" : JSON.stringify(name),
      first: error,
    });
  }
}

async function* piecesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += PIECE_BYTES) yield new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer());
}

interface BrowserReading {
  readonly sampleRate: number;
  readonly maxSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly label: string;
  /** Why it was not read here: stands when the browser does not read it either. */
  readonly first: CodecError;
}

async function readByBrowser(blob: Blob, { sampleRate, maxSeconds, signal, label, first }: BrowserReading): Promise<Audio> {
  const seconds = await declaredSeconds(blob);
  if (seconds > maxSeconds || blob.size > maxSeconds * MAX_BYTES_PER_SECOND)
    throw new CodecError(
      "too-large",
      `Cannot read ${label}: it lasts longer than the limit of ${maxSeconds} s; cut it, or raise the limit`,
    );
  const decoded = await decodeByBrowser(blob, first);
  throwIfAborted(signal);
  if (decoded.duration > maxSeconds)
    throw new CodecError(
      "too-large",
      `Cannot read ${label}: it lasts ${Math.round(decoded.duration)} s, and the limit is ${maxSeconds} s; cut it`,
    );
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, c) => decoded.getChannelData(c));
  return resample(new Audio(mixToMono(channels), decoded.sampleRate), sampleRate);
}

async function decodeByBrowser(blob: Blob, first: CodecError): Promise<AudioBuffer> {
  const context = new OfflineAudioContext({ numberOfChannels: 1, length: 1, sampleRate: BROWSER_RATE });
  try {
    return await context.decodeAudioData(await blob.arrayBuffer());
  } catch (error) {
    throw new CodecError("unsupported", `${first.message}; this browser cannot read it either (${messageOf(error)})`, { cause: error });
  }
}

/**
 * Length of a sound as its file declares it, without decoding; 0 where the browser cannot tell, as
 * for what a microphone has just recorded.
 */
async function declaredSeconds(blob: Blob): Promise<number> {
  const url = URL.createObjectURL(blob);
  try {
    const element = document.createElement("audio");
    return await new Promise<number>((resolve) => {
      element.onloadedmetadata = () => resolve(Number.isFinite(element.duration) ? element.duration : 0);
      element.onerror = () => resolve(0);
      element.preload = "metadata";
      element.src = url;
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}
