import { type Codes, CodecError } from "@twelvehz/codec";
import { AdaptiveLevel } from "./adaptive-level.ts";

/** What a coder knows of a code before it reads it, beside the codes that it has read. */
export type CodeContext = "none" | "previous frame" | "previous layer" | "both";

/** All contexts, the simplest first. */
export const CODE_CONTEXTS: readonly CodeContext[] = ["none", "previous frame", "previous layer", "both"];

/** Entropy under one context. */
export interface ContextEntropy {
  readonly context: CodeContext;
  /**
   * Bits per code of a real coder, `[K]`. May be above what is stored without one: learning costs
   * too.
   */
  readonly bitsByLayer: readonly number[];
  /** Mean of `bitsByLayer`. */
  readonly bitsPerCode: number;
  /** What the coder saves of the codes' size, %; negative where it costs. */
  readonly savingPercent: number;
  /**
   * Conditional entropy of the counts themselves, `[K]`, bits. Far too low where contexts are
   * seldom seen twice: it forgets that a reader must learn them.
   */
  readonly plugInByLayer: readonly number[];
}

/** Empirical entropy of codes. */
export interface CodeEntropy {
  readonly clips: number;
  readonly frames: number;
  /** Frames of other clips that the coder had learnt from. */
  readonly trainingFrames: number;
  /** Bits of a code without a coder: log2 V. */
  readonly rawBitsPerCode: number;
  readonly contexts: readonly ContextEntropy[];
}

/** Options of {@link codeEntropy}. */
export interface CodeEntropyOptions {
  /**
   * Codes of other clips to learn from first. Default: none; the clips then stand in for each
   * other, in five folds.
   */
  readonly training?: readonly Codes[] | undefined;
}

const FOLDS = 5;

/**
 * How many bits a code takes when it is coded by what is known of it: the length of an adaptive
 * code (-log2 p of a coder that has learnt from other clips and goes on learning), which no bias
 * makes too short, beside the entropy of the counts, which is biased. The mean over folds is over
 * frames.
 * @param clips codes of one model, `[T, K]` each
 * @throws CodecError `bad-codes` when there is no frame, or clips differ in layers or codebook size
 */
export function codeEntropy(clips: readonly Codes[], { training = [] }: CodeEntropyOptions = {}): CodeEntropy {
  assertSameShape([...clips, ...training]);
  const frames = framesOf(clips);
  const { layers, codebookSize } = clips[0];
  const rawBitsPerCode = Math.log2(codebookSize);
  const folds = training.length > 0 ? [{ training, clips }] : foldsOf(clips);
  const contexts = CODE_CONTEXTS.map((context) => {
    const bitsByLayer = Array.from({ length: layers }, (_, layer) => {
      return folds.reduce((sum, fold) => sum + adaptiveBits(fold, layer, context), 0) / frames;
    });
    const bitsPerCode = bitsByLayer.reduce((sum, bits) => sum + bits, 0) / layers;
    const plugInByLayer = Array.from({ length: layers }, (_, layer) => plugInBits(clips, layer, context));
    return { context, bitsByLayer, bitsPerCode, savingPercent: 100 * (1 - bitsPerCode / rawBitsPerCode), plugInByLayer };
  });
  const trainingFrames = training.length > 0 ? framesOf(training) : Math.round((frames * (folds.length - 1)) / folds.length);
  return { clips: clips.length, frames, trainingFrames, rawBitsPerCode, contexts };
}

/** Clips to code, and clips to learn from before. */
interface Fold {
  readonly training: readonly Codes[];
  readonly clips: readonly Codes[];
}

function foldsOf(clips: readonly Codes[]): Fold[] {
  const count = Math.min(FOLDS, clips.length);
  return Array.from({ length: count }, (_, fold) => ({
    training: clips.filter((_, i) => i % count !== fold),
    clips: clips.filter((_, i) => i % count === fold),
  }));
}

/** Bits of one layer of the clips of a fold. */
function adaptiveBits({ training, clips }: Fold, layer: number, context: CodeContext): number {
  const levels = chainOf(context, 0, 0, 0).map(() => new AdaptiveLevel(clips[0].codebookSize));
  const observe = (code: number, contexts: readonly number[]): number =>
    levels.reduce((lower, level, i) => level.observe(contexts[i], code, lower), 1 / clips[0].codebookSize);
  for (const clip of training) eachCode(clip, layer, context, observe);
  let bits = 0;
  for (const clip of clips) eachCode(clip, layer, context, (code, contexts) => (bits -= Math.log2(observe(code, contexts))));
  return bits;
}

/** Entropy of codes given the last of their contexts, from the counts. */
function plugInBits(clips: readonly Codes[], layer: number, context: CodeContext): number {
  const [pairs, seen] = [new Map<number, number>(), new Map<number, number>()];
  const count = (map: Map<number, number>, key: number): unknown => map.set(key, (map.get(key) ?? 0) + 1);
  for (const clip of clips)
    eachCode(clip, layer, context, (code, contexts) => {
      count(seen, contexts[contexts.length - 1]);
      count(pairs, contexts[contexts.length - 1] * clip.codebookSize + code);
    });
  const sum = (map: Map<number, number>): number => [...map.values()].reduce((total, n) => total + n * Math.log2(n), 0);
  return (sum(seen) - sum(pairs)) / framesOf(clips);
}

/**
 * Calls back for every frame of a clip with its code and the contexts of it, from nothing known to
 * all of it.
 */
function eachCode(
  { data, frames, layers, codebookSize }: Codes,
  layer: number,
  context: CodeContext,
  use: (code: number, contexts: readonly number[]) => void,
): void {
  for (let t = 0; t < frames; t++) {
    const before = t === 0 ? codebookSize : data[(t - 1) * layers + layer];
    const above = layer === 0 ? codebookSize : data[t * layers + layer - 1];
    use(data[t * layers + layer], chainOf(context, before, above, codebookSize + 1));
  }
}

/**
 * Contexts from the simplest on; `before` and `above` are codes of the frame before and the layer
 * before, or V where there is none.
 */
function chainOf(context: CodeContext, before: number, above: number, base: number): number[] {
  if (context === "none") return [0];
  if (context === "previous frame") return [0, before];
  if (context === "previous layer") return [0, above];
  return [0, before, above, before * base + above];
}

function framesOf(clips: readonly Codes[]): number {
  return clips.reduce((sum, { frames }) => sum + frames, 0);
}

function assertSameShape(clips: readonly Codes[]): void {
  if (framesOf(clips) === 0)
    throw new CodecError("bad-codes", "Cannot measure the entropy of codes: there are no frames; give at least one");
  const odd = clips.find(({ layers, codebookSize }) => layers !== clips[0].layers || codebookSize !== clips[0].codebookSize);
  if (odd)
    throw new CodecError(
      "bad-codes",
      `Cannot measure the entropy of codes of ${clips[0].layers} layers of ${clips[0].codebookSize} and ${odd.layers} layers of ${odd.codebookSize}: all clips must be by one model`,
    );
}
