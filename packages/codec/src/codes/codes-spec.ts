import { assertKind, assertNumber } from "../misuse.ts";
import type { ModelIdentity, ModelInfo } from "./model-info.ts";

/**
 * What the published encoder's attention sees: `reference` = everything since the start, as the
 * published package computes it, in memory that grows by 0.8 MB a second; `windowed` = the last 10
 * s. The two agree for the first 10 s.
 */
export type Attention = "reference" | "windowed";

/** An exact fraction, both terms 1 to 2^32 - 1. */
export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

/** What codes are: everything but the integers. Streams, files and messages carry it with them. */
export interface CodesSpec {
  /** K, layers of a frame, 1 to 64. */
  readonly layers: number;
  /** V, entries per codebook, 1 to 32768; codes are 0 to V - 1. */
  readonly codebookSize: number;
  /** Frames per second. */
  readonly frameRate: Rational;
  /** Hz of the sound that the frames stand for, 1 to 768000. */
  readonly sampleRate: number;
  /** The model that made the codes, or undefined where it is not known. */
  readonly model: ModelIdentity | undefined;
  /** What the encoder's attention saw; `reference` for models without attention. */
  readonly attention: Attention;
}

/**
 * What is meant where a format does not say: the codes of Qwen3-TTS-Tokenizer-12Hz, whose shape and
 * clock our own models share.
 */
export const DEFAULT_SPEC: CodesSpec = {
  layers: 16,
  codebookSize: 2048,
  frameRate: { numerator: 25, denominator: 2 },
  sampleRate: 24_000,
  model: undefined,
  attention: "reference",
};

/** The part of a spec that tells time. */
export type CodesClock = Pick<CodesSpec, "frameRate" | "sampleRate">;

/** Frames per second as a number. */
export function framesPerSecond({ frameRate }: Pick<CodesSpec, "frameRate">): number {
  assertKind(frameRate, "frameRate", "object");
  return frameRate.numerator / frameRate.denominator;
}

/** Most samples that so many frames stand for: a part of a sample counts as one. */
export function samplesOf({ frameRate, sampleRate }: CodesClock, frames: number): number {
  assertNumber(frames, "frames", 0, Number.MAX_SAFE_INTEGER);
  return Math.ceil((frames * sampleRate * frameRate.denominator) / frameRate.numerator);
}

/**
 * Bits of one code, ceil(log2 V), in token files and packets.
 * @param codebookSize V, 2 to 32768
 * @throws RangeError outside of that; TypeError for no number
 */
export function bitsPerCode(codebookSize: number): number {
  assertNumber(codebookSize, "codebookSize", 2, 32_768);
  return 32 - Math.clz32(codebookSize - 1);
}

/** Bits of one second of packed codes, without any framing. */
export function bitsPerSecond(spec: Pick<CodesSpec, "layers" | "codebookSize" | "frameRate">): number {
  assertKind(spec, "spec", "object");
  assertKind(spec.layers, "spec.layers", "number");
  return framesPerSecond(spec) * spec.layers * bitsPerCode(spec.codebookSize);
}

/** What the codes of an open model are. */
export function specOf(info: ModelInfo, attention: Attention = "reference", layers?: number): CodesSpec {
  assertKind(info, "info", "object");
  return {
    layers: layers ?? info.layers,
    codebookSize: info.codebookSize,
    frameRate: lowestTerms({ numerator: info.sampleRate, denominator: info.samplesPerFrame }),
    sampleRate: info.sampleRate,
    model: { name: info.name, id: info.id },
    attention: info.traits.attention ? attention : "reference",
  };
}

/** The same fraction with the smallest terms. */
export function lowestTerms({ numerator, denominator }: Rational): Rational {
  let [a, b] = [numerator, denominator];
  while (b > 0) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

/**
 * The fraction of a decimal number, such as 25/2 of 12.5.
 * @param value over 0 and under 2^32, with a denominator of at most 1 000 000
 * @throws RangeError when there is no such fraction
 */
export function toRational(value: number): Rational {
  for (let denominator = 1; denominator <= 1_000_000; denominator++) {
    const numerator = Math.round(value * denominator);
    if (numerator >= 1 && numerator < 2 ** 32 && numerator / denominator === value) return { numerator, denominator };
  }
  throw new RangeError(`Cannot write ${value} as a fraction: a number over 0 with at most six decimals is wanted`);
}
