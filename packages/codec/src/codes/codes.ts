import { assertCodes, assertIntegers, assertKind, assertList, assertNumber, assertOneOf, assertOptions } from "../misuse.ts";
import { joinIntegers } from "../bytes/join.ts";
import type { ModelIdentity } from "./model-info.ts";
import { type Attention, type CodesSpec, DEFAULT_SPEC, framesPerSecond, type Rational } from "./codes-spec.ts";
import { CodecError } from "../errors.ts";
import { assertSameModel } from "./same-model.ts";

export type { Attention, ModelIdentity };

/** What {@link Codes} may carry beside the integers. */
export interface CodesOptions extends Partial<Omit<CodesSpec, "layers">> {
  /**
   * Samples of the original at the model's rate, at most those of the frames; decoding stops there.
   * Default: whole frames.
   */
  readonly sampleCount?: number | undefined;
}

/**
 * Codes of a clip: `[T, K]` integers, frame-major, T frames of K layers. Immutable by convention;
 * `data` is a view, not a copy.
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
  /** Frames per second. */
  readonly frameRate: Rational;
  /** Hz of the sound that the frames stand for. */
  readonly sampleRate: number;
  /** The model that made the codes, or undefined where a format does not say. */
  readonly model: ModelIdentity | undefined;
  /** Samples of the original, or undefined for whole frames. */
  readonly sampleCount: number | undefined;
  /**
   * What the encoder's attention saw; `reference` for models without attention, and where a format
   * does not say.
   */
  readonly attention: Attention;

  /**
   * @param data `[T, K]` frame-major
   * @param layers K, 1 to 64
   * @param options what is not given is as in {@link DEFAULT_SPEC}
   * @throws CodecError `bad-codes` when the length is no multiple of K, a code is out of range or
   * an option is no such number; TypeError or RangeError for values of another type
   */
  constructor(data: Int16Array, layers: number, options: CodesOptions = {}) {
    assertTypes(data, layers, options);
    const { codebookSize = DEFAULT_SPEC.codebookSize, sampleCount } = options;
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
    checkClock(options);
    checkRange(data, layers, codebookSize);
    this.data = data;
    this.frames = data.length / layers;
    this.layers = layers;
    this.codebookSize = codebookSize;
    this.frameRate = options.frameRate ?? DEFAULT_SPEC.frameRate;
    this.sampleRate = options.sampleRate ?? DEFAULT_SPEC.sampleRate;
    this.model = options.model;
    this.sampleCount = sampleCount;
    this.attention = options.attention ?? DEFAULT_SPEC.attention;
  }

  /** No frames yet, of codes of a kind: what others are joined to. */
  static empty(spec: CodesSpec): Codes {
    assertKind(spec, "spec", "object");
    return new Codes(new Int16Array(0), spec.layers, spec);
  }

  /** Everything but the integers and their count. */
  get spec(): CodesSpec {
    const { layers, codebookSize, frameRate, sampleRate, model, attention } = this;
    return { layers, codebookSize, frameRate, sampleRate, model, attention };
  }

  /** The same codes, made from so many samples; undefined for whole frames. A view, not a copy. */
  withSampleCount(sampleCount: number | undefined): Codes {
    return new Codes(this.data, this.layers, { ...this.spec, sampleCount });
  }

  /**
   * Codes of one frame, `[K]`, a view.
   * @param t 0 to T - 1
   * @throws RangeError for a frame that is not there
   */
  frame(t: number): Int16Array {
    assertNumber(t, "t", 0, this.frames - 1);
    return this.data.subarray(t * this.layers, (t + 1) * this.layers);
  }

  /**
   * Frames `start` to `end - 1`, a view. The sample count is left out.
   * @param end frames beyond the last are left out
   * @throws RangeError when the two are no whole numbers from 0, in order
   */
  slice(start: number, end: number): Codes {
    assertNumber(end, "end", 0, Infinity);
    assertNumber(start, "start", 0, end);
    return new Codes(this.data.subarray(start * this.layers, end * this.layers), this.layers, this.spec);
  }

  /**
   * The first `count` layers: a copy, or these codes where they have no more.
   * @throws CodecError `bad-codes` when there are fewer
   */
  firstLayers(count: number): Codes {
    assertKind(count, "count", "number");
    if (!Number.isInteger(count) || count < 1 || count > this.layers) {
      throw new CodecError("bad-codes", `Cannot keep ${count} layers of ${this.layers}: choose 1 to ${this.layers}`);
    }
    if (count === this.layers) return this;
    const out = new Int16Array(this.frames * count);
    for (let t = 0; t < this.frames; t++) out.set(this.frame(t).subarray(0, count), t * count);
    return new Codes(out, count, { ...this.spec, sampleCount: this.sampleCount });
  }
}

function assertTypes(data: unknown, layers: unknown, options: CodesOptions): void {
  assertIntegers(data, "data");
  assertKind(layers, "layers", "number");
  assertOptions(options, { codebookSize: "number", sampleCount: "number", sampleRate: "number", frameRate: "object", model: "object" });
  assertOneOf(options.attention, ["reference", "windowed"], "attention");
}

function checkOptions(codebookSize: number, sampleCount: number | undefined): void {
  if (!Number.isInteger(codebookSize) || codebookSize < 1 || codebookSize > 32768)
    throw new CodecError("bad-codes", `Cannot use codes of codebooks with ${codebookSize} entries: the number must be 1 to 32768`);
  if (sampleCount !== undefined && !(Number.isSafeInteger(sampleCount) && sampleCount >= 0))
    throw new CodecError("bad-codes", `Cannot use codes of ${sampleCount} samples: the count must be a whole number, 0 or more`);
}

function checkClock({ frameRate = DEFAULT_SPEC.frameRate, sampleRate = DEFAULT_SPEC.sampleRate }: CodesOptions): void {
  const { numerator, denominator } = frameRate;
  const odd = [numerator, denominator, sampleRate].find((n) => !Number.isSafeInteger(n) || n < 1);
  if (odd === undefined) return;
  throw new CodecError(
    "bad-codes",
    `Cannot use codes at ${numerator}/${denominator} frames/s of ${sampleRate} Hz: all three must be whole numbers over 0`,
  );
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
 * Joins pieces of one clip, in order. The sample count is left out.
 * @param parts at least one; join to `Codes.empty(spec)` where there may be none
 * @throws CodecError `bad-codes` when the pieces differ in layers, codebook size or clock,
 * `model-mismatch` when they are of two models; TypeError without parts
 */
export function concatCodes(parts: readonly Codes[]): Codes {
  assertList(parts, "parts", "Codes");
  for (const [i, part] of parts.entries()) assertCodes(part, `parts[${i}]`);
  if (parts.length === 0) throw new TypeError("Cannot join no codes: give at least one piece, such as Codes.empty(spec)");
  const spec = parts[0].spec;
  for (const part of parts) assertJoinable(spec, part.spec);
  const data = joinIntegers(parts.map((part) => part.data));
  return new Codes(data, spec.layers, { ...spec, model: parts.find(({ model }) => model)?.model });
}

function assertJoinable(first: CodesSpec, other: CodesSpec): void {
  if (first.model && other.model) assertSameModel(other.model, first.model);
  if (first.layers !== other.layers)
    throw new CodecError(
      "bad-codes",
      `Cannot join codes of ${other.layers} and ${first.layers} layers: all pieces must have the same number`,
    );
  const clock = ({ codebookSize, frameRate, sampleRate }: CodesSpec): string =>
    `${codebookSize} entries at ${framesPerSecond({ frameRate })} frames/s of ${sampleRate} Hz`;
  if (clock(first) !== clock(other))
    throw new CodecError("bad-codes", `Cannot join codes of ${clock(first)} and of ${clock(other)}: all pieces must be of one kind`);
}
