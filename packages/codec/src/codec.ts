/// <reference lib="esnext.disposable" preserve="true" />
import {
  assertAudio,
  assertCodes,
  assertKind,
  assertList,
  assertNumber,
  assertOneOf,
  assertOptions,
  assertPieces,
  type OptionKind,
} from "./misuse.ts";
import { resample } from "./audio/resample.ts";
import { Audio } from "./audio.ts";
import { type Attention, Codes, concatCodes } from "./codes/codes.ts";
import type { ModelInfo } from "./codes/model-info.ts";
import type { DecoderOptions, EncoderOptions, Engine } from "./runtime/engine.ts";
import { specOf } from "./codes/codes-spec.ts";
import { CodecError, throwIfAborted } from "./errors.ts";
import { type LayerSelection, layerGains } from "./codes/layer-selection.ts";
import { DecodeStream, EncodeStream } from "./streams.ts";

/** How far a piece of work is. */
export interface Progress {
  /** Seconds of sound that are done. */
  readonly doneSeconds: number;
  /** Seconds of sound in all. */
  readonly totalSeconds: number;
}

/** What long work takes: a way to cancel it, and someone to tell how far it is. */
export interface WorkOptions {
  /** Cancels the work: it fails with CodecError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Options of {@link Codec.encode}. */
export interface EncodeOptions extends WorkOptions, EncoderOptions {
  /** Keep the first N layers, 1 to K. Default: all. */
  readonly layers?: number | undefined;
}

/** Options of {@link Codec.decode}. */
export interface DecodeOptions extends WorkOptions, LayerSelection, DecoderOptions {}

const ATTENTIONS = ["reference", "windowed"] as const satisfies readonly Attention[];
const CHUNKINGS = ["exact", "reference"] as const;
const WORK: Readonly<Record<string, OptionKind>> = { signal: "signal", onProgress: "function" };

/** Clips of a batch that are decoded at once. */
const MOST_AT_ONCE = 16;
/** Seconds of sound between two looks at the signal. */
const PIECE_SECONDS = 10;

/**
 * One open model. Immutable; may be shared. Whole clips are coded by the same streams that code
 * them in pieces, so both give the same codes and the same samples.
 */
export class Codec {
  /** The model. */
  readonly info: ModelInfo;
  readonly #engine: Engine;
  #closed = false;

  /** Codecs are made by `openCodec` of an entry point. */
  constructor(engine: Engine) {
    assertKind(engine, "engine", "object");
    this.info = engine.info;
    this.#engine = engine;
  }

  /**
   * Speech to codes. Sound at another rate is resampled first.
   * @returns codes `[T, K]`, T = ceil(samples / samples per frame), with the model and the sample
   * count
   * @throws CodecError `bad-audio` when the sound is empty or not finite, `aborted`, `closed`
   */
  async encode(audio: Audio, options: EncodeOptions = {}): Promise<Codes> {
    assertAudio(audio, "audio");
    assertOptions(options, WORK);
    const { samples } = audio.sampleRate === this.info.sampleRate ? audio : resample(audio, this.info.sampleRate);
    const attention = options.attention ?? attentionFor(samples.length / this.info.sampleRate);
    const parts: Codes[] = [];
    for await (const codes of this.encodeChunks(reported(samples, this.info.sampleRate, options), { ...options, attention }))
      parts.push(codes);
    return concatCodes(parts).withSampleCount(samples.length);
  }

  /**
   * Codes to speech.
   * @returns sound at the model's rate: as many samples as the codes say they were made from, or
   * whole frames
   * @throws CodecError `bad-codes`, `model-mismatch`, `usage` for a layer that is not there,
   * `aborted`, `closed`
   */
  async decode(codes: Codes, options: DecodeOptions = {}): Promise<Audio> {
    assertCodes(codes, "codes");
    assertOptions(options, WORK);
    const { samplesPerFrame, frameRate, sampleRate } = this.info;
    const out = new Float32Array(codes.frames * samplesPerFrame);
    let at = 0;
    for await (const samples of this.decodeChunks(reported(codes, frameRate, options), options)) {
      out.set(samples, at);
      at += samples.length;
    }
    return new Audio(out.subarray(0, codes.sampleCount ?? out.length), sampleRate);
  }

  /**
   * Several clips, of any lengths: each gives exactly what it gives alone, without padding to a
   * common length. The clips take turns on the backend's threads.
   * @throws CodecError as {@link encode}, for the first clip that fails
   */
  async encodeBatch(clips: readonly Audio[], options: EncodeOptions = {}): Promise<Codes[]> {
    assertList(clips, "clips", "Audio");
    return Promise.all(clips.map((clip) => this.encode(clip, options)));
  }

  /**
   * Codes of several clips, of any lengths: each gives exactly what it gives alone. On a graphics card,
   * several go through the network in one run. At most 16 are under way at once: each holds a state.
   * @throws CodecError as {@link decode}, for the first clip that fails
   */
  async decodeBatch(clips: readonly Codes[], options: DecodeOptions = {}): Promise<Audio[]> {
    assertList(clips, "clips", "Codes");
    return severalAtOnce(clips, (clip) => this.decode(clip, options));
  }

  /**
   * Speech to codes, piece by piece: for sound of any length.
   * @param chunks mono PCM at the model's rate, in pieces of any size
   * @returns codes of the frames as they become whole; at the end the rest
   * @throws CodecError as {@link encode}
   */
  async *encodeChunks(
    chunks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
    options: EncodeOptions = {},
  ): AsyncGenerator<Codes, void, undefined> {
    assertPieces(chunks, "chunks", "Float32Array");
    assertOptions(options, { ...WORK, layers: "number" });
    const { layers = this.info.layers, signal } = options;
    if (!Number.isInteger(layers) || layers < 1 || layers > this.info.layers)
      throw new CodecError("usage", `Cannot keep ${layers} layers: the model has ${this.info.layers}; choose 1 to ${this.info.layers}`);
    const stream = this.openEncodeStream(options);
    try {
      for await (const chunk of chunks) {
        throwIfAborted(signal);
        const codes = await stream.push(chunk);
        if (codes.frames > 0) yield codes.firstLayers(layers);
      }
      throwIfAborted(signal);
      if (stream.sampleCount === 0) throw new CodecError("bad-audio", "Cannot encode the sound: it has no samples; give at least one");
      yield (await stream.flush()).firstLayers(layers);
    } finally {
      await stream.close();
    }
  }

  /**
   * Codes to speech, piece by piece: for codes of any length.
   * @param chunks codes in pieces of any number of frames
   * @returns samples as they become final; at the end the rest. 1920 a frame in all
   * @throws CodecError as {@link decode}
   */
  async *decodeChunks(
    chunks: AsyncIterable<Codes> | Iterable<Codes>,
    options: DecodeOptions = {},
  ): AsyncGenerator<Float32Array, void, undefined> {
    assertPieces(chunks, "chunks", "Codes");
    assertOptions(options, WORK);
    const stream = this.openDecodeStream(options);
    try {
      for await (const chunk of chunks) {
        throwIfAborted(options.signal);
        yield await stream.push(chunk);
      }
      throwIfAborted(options.signal);
      yield await stream.flush();
    } finally {
      await stream.close();
    }
  }

  /**
   * Loads the networks and runs one frame through them, so that the first real frame is as fast as
   * the others. Without it that happens at the first use.
   * @param halves which; default both
   */
  async prepare(halves: { readonly encoder?: boolean; readonly decoder?: boolean } = { encoder: true, decoder: true }): Promise<void> {
    assertOptions(halves, { encoder: "boolean", decoder: "boolean" }, "halves");
    this.#assertOpen();
    const { samplesPerFrame, layers } = this.info;
    if (halves.encoder) await warm(await this.#engine.openEncoder(), new Float32Array(samplesPerFrame));
    if (halves.decoder) await warm(await this.#engine.openDecoder(), new Int16Array(layers));
  }

  /**
   * A stream from speech to codes, with a state of its own.
   * @throws TypeError or RangeError for an attention that does not exist; CodecError `closed`
   */
  openEncodeStream(options: EncoderOptions = {}): EncodeStream {
    assertOptions(options, {});
    this.#assertOpen();
    const { attention = "windowed" } = options;
    assertOneOf(attention, ATTENTIONS, "attention");
    return new EncodeStream(specOf(this.info, attention), this.#engine.openEncoder({ attention }), () => this.#assertOpen());
  }

  /**
   * A stream from codes to speech, with a state of its own.
   * @throws CodecError `usage` when a chosen layer is not there, `closed`; TypeError or RangeError
   * for a wrong option
   */
  openDecodeStream(options: LayerSelection & DecoderOptions = {}): DecodeStream {
    assertOptions(options, {});
    this.#assertOpen();
    const { layers, onlyLayer, muteLayers, chunking } = options;
    assertOneOf(chunking, CHUNKINGS, "chunking");
    const selection: LayerSelection = { layers, onlyLayer, muteLayers };
    layerGains(selection, this.info.layers, this.info.layers); // refuses what is not there
    return new DecodeStream(this.info, this.#engine.openDecoder({ chunking }), selection, () => this.#assertOpen());
  }

  /** Frees the model. Streams and calls then fail. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#engine.close();
  }

  /** {@link Codec.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new CodecError("closed", "Cannot use a codec after close(): open it again");
  }
}

/** Work on every item, so many at once; with the first that fails, no other is begun. */
async function severalAtOnce<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, lane));
  return results;
}

async function warm<Input>(
  coder: { push(input: Input): Promise<unknown>; flush(): Promise<unknown>; close(): Promise<void> },
  frame: Input,
): Promise<void> {
  await coder.push(frame);
  await coder.flush();
  await coder.close();
}

/**
 * What the attention of a published model sees by default when a whole clip is encoded: what the
 * published package computes, as long as the clip is within the 8000 steps of 25 Hz (320 s) that
 * the model was made for; beyond that a window, in bounded memory.
 */
export function attentionFor(durationSeconds: number): Attention {
  assertNumber(durationSeconds, "durationSeconds", 0, Infinity, false);
  return durationSeconds <= 320 ? "reference" : "windowed";
}

/**
 * Cuts a clip into pieces of {@link PIECE_SECONDS}; says how far the work is whenever the next one
 * is asked for.
 */
function* reported<T extends Float32Array | Codes>(
  clip: T,
  unitsPerSecond: number,
  { onProgress }: WorkOptions,
): Generator<T, void, undefined> {
  const total = clip instanceof Codes ? clip.frames : clip.length;
  const size = Math.ceil(unitsPerSecond * PIECE_SECONDS);
  for (let start = 0; start < total; start += size) {
    const end = Math.min(total, start + size);
    yield clip.slice(start, end) as T;
    onProgress?.({ doneSeconds: end / unitsPerSecond, totalSeconds: total / unitsPerSecond });
  }
}
