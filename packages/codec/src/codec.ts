import { resample } from "./audio/resample.ts";
import { Audio } from "./audio.ts";
import { Codes, concatCodes } from "./codes.ts";
import type { Engine, ModelInfo } from "./engine.ts";
import { CodecError, throwIfAborted } from "./errors.ts";
import type { LayerSelection } from "./layer-selection.ts";
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
export interface EncodeOptions extends WorkOptions {
  /** Keep the first N layers, 1 to K. Default: all. */
  readonly layers?: number | undefined;
}

/** Options of {@link Codec.decode}. */
export interface DecodeOptions extends WorkOptions, LayerSelection {}

/** Seconds of sound between two looks at the signal. */
const PIECE_SECONDS = 10;

/**
 * One open model. Immutable; may be shared. Whole clips are coded by the same streams that code them in pieces, so both give the same codes and the same samples.
 */
export class Codec {
  /** The model. */
  readonly info: ModelInfo;
  readonly #engine: Engine;
  #closed = false;

  /** Codecs are made by `openCodec` of an entry point. */
  constructor(engine: Engine) {
    this.info = engine.info;
    this.#engine = engine;
  }

  /**
   * Speech to codes. Sound at another rate is resampled first.
   * @returns codes `[T, K]`, T = ceil(samples / samples per frame), with the model and the sample count
   * @throws CodecError `bad-audio` when the sound is empty or not finite, `aborted`, `closed`
   */
  async encode(audio: Audio, options: EncodeOptions = {}): Promise<Codes> {
    const { samples } = audio.sampleRate === this.info.sampleRate ? audio : resample(audio, this.info.sampleRate);
    if (samples.length === 0) throw new CodecError("bad-audio", "Cannot encode the sound: it has no samples; give at least one");
    const stream = this.openEncodeStream();
    try {
      const parts: Codes[] = [];
      for (const piece of this.#pieces(samples.length, this.info.sampleRate * PIECE_SECONDS, this.info.sampleRate, options)) {
        parts.push(await stream.push(samples.subarray(piece.start, piece.end)));
      }
      parts.push(await stream.flush());
      const { layers, codebookSize, name, id } = this.info;
      const codes = concatCodes(parts, { layers, codebookSize, model: { name, id }, sampleCount: samples.length });
      return options.layers === undefined ? codes : codes.firstLayers(options.layers);
    } finally {
      await stream.close();
    }
  }

  /**
   * Codes to speech.
   * @returns sound at the model's rate: as many samples as the codes say they were made from, or whole frames
   * @throws CodecError `bad-codes`, `model-mismatch`, `usage` for a layer that is not there, `aborted`, `closed`
   */
  async decode(codes: Codes, options: DecodeOptions = {}): Promise<Audio> {
    const { samplesPerFrame, frameRate, sampleRate } = this.info;
    const stream = this.openDecodeStream(options);
    try {
      const out = new Float32Array(codes.frames * samplesPerFrame);
      let at = 0;
      const put = (samples: Float32Array): void => {
        out.set(samples, at);
        at += samples.length;
      };
      for (const piece of this.#pieces(codes.frames, Math.ceil(frameRate * PIECE_SECONDS), frameRate, options)) {
        put(await stream.push(codes.slice(piece.start, piece.end)));
      }
      put(await stream.flush());
      return new Audio(out.subarray(0, codes.sampleCount ?? out.length), sampleRate);
    } finally {
      await stream.close();
    }
  }

  /** A stream from speech to codes, with a state of its own. */
  openEncodeStream(): EncodeStream {
    this.#assertOpen();
    return new EncodeStream(this.info, this.#engine.openEncoder());
  }

  /**
   * A stream from codes to speech, with a state of its own.
   * @throws CodecError `usage` when a chosen layer is not there
   */
  openDecodeStream(selection: LayerSelection = {}): DecodeStream {
    this.#assertOpen();
    return new DecodeStream(this.info, this.#engine.openDecoder(), selection);
  }

  /** Frees the model. Streams and calls then fail. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#engine.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new CodecError("closed", "Cannot use a codec after close(): open it again");
  }

  /** Cuts `total` units into pieces; looks at the signal before each and reports after each. */
  *#pieces(total: number, size: number, unitsPerSecond: number, { signal, onProgress }: WorkOptions): Generator<{ start: number; end: number }> {
    for (let start = 0; start < total; start += size) {
      throwIfAborted(signal);
      const end = Math.min(total, start + size);
      yield { start, end };
      onProgress?.({ doneSeconds: end / unitsPerSecond, totalSeconds: total / unitsPerSecond });
    }
    throwIfAborted(signal);
  }
}
