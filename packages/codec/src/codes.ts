import { CodecError } from "./errors.ts";

/** Which model made some codes. Codes of two models are never mixed. */
export interface ModelIdentity {
  /** Human name, such as `twelvehz-compact-1`; at most 64 bytes of UTF-8. */
  readonly name: string;
  /** 32 hexadecimal digits: the first 16 bytes of SHA-256 over configuration and decoder codebooks. */
  readonly id: string;
}

/** What {@link Codes} may carry beside the integers. */
export interface CodesOptions {
  /** Entries per codebook, 1 to 32768; codes are 0 to `codebookSize - 1`. Default 2048. */
  readonly codebookSize?: number;
  /** The model that made the codes, where it is known. */
  readonly model?: ModelIdentity | undefined;
  /** Samples of the original at the model's rate, at most 1920 per frame at 12.5 frames/s; decoding stops there. Default: whole frames. */
  readonly sampleCount?: number | undefined;
  /** What the encoder's attention saw. Default `reference`, also for models without attention. */
  readonly attention?: Attention | undefined;
}

/**
 * What the published encoder's attention sees: `reference` = everything since the start, as the published package computes it, in memory that grows by 0.8 MB a second;
 * `windowed` = the last 10 s. The two agree for the first 10 s.
 */
export type Attention = "reference" | "windowed";

/**
 * Codes of a clip: `[T, K]` integers, frame-major, T frames of K layers. Immutable by convention; `data` is a view, not a copy.
 */
export class Codes {
  /** `[T, K]` frame-major: code of frame t, layer k at `t * K + k`. */
  readonly data: Int16Array;
  /** T, number of frames. */
  readonly frames: number;
  /** K, number of layers, at least 1. */
  readonly layers: number;
  /** Entries per codebook. */
  readonly codebookSize: number;
  /** The model that made the codes, or undefined where a format does not say. */
  readonly model: ModelIdentity | undefined;
  /** Samples of the original, or undefined for whole frames. */
  readonly sampleCount: number | undefined;
  /** What the encoder's attention saw; `reference` for models without attention, and where a format does not say. */
  readonly attention: Attention;

  /**
   * @param data `[T, K]` frame-major
   * @param layers K, 1 to 64
   * @throws CodecError `bad-codes` when the length is no multiple of K, a code is out of range or an option is no such number
   */
  constructor(data: Int16Array, layers: number, options: CodesOptions = {}) {
    const { codebookSize = 2048, model, sampleCount, attention = "reference" } = options;
    if (!Number.isInteger(layers) || layers < 1 || layers > 64) {
      throw new CodecError("bad-codes", `Cannot use codes of ${layers} layers: the number of layers must be 1 to 64`);
    }
    if (data.length % layers !== 0) {
      throw new CodecError(
        "bad-codes",
        `Cannot use ${data.length} codes as frames of ${layers} layers: the count must be a multiple of ${layers}`,
      );
    }
    checkOptions(codebookSize, sampleCount);
    checkRange(data, layers, codebookSize);
    this.data = data;
    this.frames = data.length / layers;
    this.layers = layers;
    this.codebookSize = codebookSize;
    this.model = model;
    this.sampleCount = sampleCount;
    this.attention = attention;
  }

  /** Codes of one frame, `[K]`, a view. */
  frame(t: number): Int16Array {
    return this.data.subarray(t * this.layers, (t + 1) * this.layers);
  }

  /** Frames `start` to `end - 1`, a view. The sample count is left out. */
  slice(start: number, end: number): Codes {
    return new Codes(this.data.subarray(start * this.layers, end * this.layers), this.layers, {
      codebookSize: this.codebookSize,
      model: this.model,
      attention: this.attention,
    });
  }

  /**
   * The first `count` layers: a copy, or these codes where they have no more.
   * @throws CodecError `bad-codes` when there are fewer
   */
  firstLayers(count: number): Codes {
    if (!Number.isInteger(count) || count < 1 || count > this.layers) {
      throw new CodecError("bad-codes", `Cannot keep ${count} layers of ${this.layers}: choose 1 to ${this.layers}`);
    }
    if (count === this.layers) return this;
    const out = new Int16Array(this.frames * count);
    for (let t = 0; t < this.frames; t++) out.set(this.frame(t).subarray(0, count), t * count);
    const { codebookSize, model, sampleCount, attention } = this;
    return new Codes(out, count, { codebookSize, model, sampleCount, attention });
  }
}

function checkOptions(codebookSize: number, sampleCount: number | undefined): void {
  if (!Number.isInteger(codebookSize) || codebookSize < 1 || codebookSize > 32768)
    throw new CodecError("bad-codes", `Cannot use codes of codebooks with ${codebookSize} entries: the number must be 1 to 32768`);
  if (sampleCount !== undefined && !(Number.isSafeInteger(sampleCount) && sampleCount >= 0))
    throw new CodecError("bad-codes", `Cannot use codes of ${sampleCount} samples: the count must be a whole number, 0 or more`);
}

function checkRange(data: Int16Array, layers: number, codebookSize: number): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i] < 0 || data[i] >= codebookSize) {
      const at = `frame ${Math.floor(i / layers)}, layer ${i % layers}`;
      throw new CodecError("bad-codes", `Cannot use code ${data[i]} at ${at}: codes of this codebook are 0 to ${codebookSize - 1}`);
    }
  }
}

/**
 * Joins pieces of the same model into one.
 * @throws CodecError `bad-codes` when the pieces differ in layers or codebook size
 */
export function concatCodes(parts: readonly Codes[], options: CodesOptions & { readonly layers: number }): Codes {
  const odd = parts.find((p) => p.layers !== options.layers);
  if (odd)
    throw new CodecError(
      "bad-codes",
      `Cannot join codes of ${odd.layers} and ${options.layers} layers: all pieces must have the same number`,
    );
  const out = new Int16Array(parts.reduce((n, p) => n + p.data.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part.data, at);
    at += part.data.length;
  }
  return new Codes(out, options.layers, options);
}
