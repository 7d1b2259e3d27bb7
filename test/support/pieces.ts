/** Clips cut into pieces, and put together again. */
import { type Codec, Codes } from "@twelvehz/codec/node";
import fc from "fast-check";

/**
 * Somewhere to cut a clip of `length`: any number of cuts, also none, also at the same place (empty
 * pieces).
 */
export function cutsOf(length: number, maxCuts: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(length), { maxLength: maxCuts }).map((cuts) => cuts.toSorted((a, b) => a - b));
}

/** The pieces between the cuts: `[start, end]`. */
export function rangesBetween(cuts: readonly number[], length: number): [start: number, end: number][] {
  const edges = [0, ...cuts, length];
  return edges.slice(1).map((end, i) => [edges[i], end]);
}

/** Samples one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

/** The integers of some codes, one after another. */
export function joinedCodes(parts: readonly Codes[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => Array.from(part.data)));
}

/**
 * Where two clips differ first, to the bit (so that -0 is not 0), or undefined where they do not.
 * Said in one line: a comparison of whole clips by the test runner takes minutes to print.
 */
export function firstDifference(found: Float32Array, wanted: Float32Array): string | undefined {
  if (found.length !== wanted.length) return `${found.length} samples instead of ${wanted.length}`;
  const [a, b] = [found, wanted].map((samples) => new Uint32Array(samples.slice().buffer));
  const at = a.findIndex((bits, i) => bits !== b[i]);
  return at === -1 ? undefined : `sample ${at} is ${found[at]} instead of ${wanted[at]}`;
}

/** A clip over and over, up to a length. */
export function repeated(samples: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => samples[i % samples.length]);
}

/** Decodes in pieces of these lengths, one after another. */
export async function inPieces(codec: Codec, codes: Codes, lengths: readonly number[]): Promise<Float32Array> {
  const stream = codec.openDecodeStream();
  const parts: Float32Array[] = [];
  let at = 0;
  for (const length of lengths) parts.push(await stream.push(codes.slice(at, (at += length))));
  await stream.close();
  return joined(parts);
}
