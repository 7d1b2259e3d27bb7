import { isQuietSound } from "./quiet-sound.ts";

/** Ms of the shortest and longest piece that is cut out or repeated: periods of voices from 400 Hz down to 67 Hz. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** Ms over which the ends are blended, and compared. */
const BLEND_MS = 10;
/** How alike the ends must be, -1 to 1. */
const LEAST_LIKENESS = 0.6;

/**
 * Speech in less time at the same pitch: a piece is cut out where what comes before it is most like
 * what follows, and the ends are blended (WSOLA; Verhelst and Roelands, ICASSP 1993; NetEQ calls it
 * "accelerate").
 * @param samples mono; unchanged
 * @param mostMs at most so much is cut out
 * @returns the shorter sound, or `samples` themselves where no place is good enough
 */
export function shortened(samples: Float32Array, sampleRate: number, mostMs: number): Float32Array {
  const piece = pieceToMove(samples, sampleRate, mostMs);
  return piece ? joined(samples, piece.at, piece.at + piece.lag, piece.blend) : samples;
}

/**
 * Speech in more time at the same pitch, as {@link shortened}: a piece is heard twice (NetEQ calls
 * it "preemptive expand").
 * @param samples mono; unchanged
 * @param mostMs at most so much is added
 * @returns the longer sound, or `samples` themselves where no place is good enough
 */
export function lengthened(samples: Float32Array, sampleRate: number, mostMs: number): Float32Array {
  const piece = pieceToMove(samples, sampleRate, mostMs);
  return piece ? joined(samples, piece.at + piece.lag, piece.at, piece.blend) : samples;
}

/** Samples from `at` on that are most like those `lag` later, over `blend` samples. */
interface Piece {
  readonly at: number;
  readonly lag: number;
  readonly blend: number;
}

function pieceToMove(samples: Float32Array, sampleRate: number, mostMs: number): Piece | undefined {
  const perMs = sampleRate / 1000;
  const [shortest, blend] = [SHORTEST_MS * perMs, BLEND_MS * perMs].map(Math.round);
  const longest = Math.round(Math.min(LONGEST_MS, mostMs) * perMs);
  if (longest < shortest || samples.length < longest + 2 * blend) return undefined;
  if (isQuietSound(samples)) return { at: 0, lag: longest, blend };
  let best: Piece | undefined;
  let most = LEAST_LIKENESS;
  for (let at = 0; at + longest + blend <= samples.length; at += blend)
    for (let lag = shortest; lag <= longest; lag++) {
      const found = likeness(samples, at, at + lag, blend);
      if (found > most) [most, best] = [found, { at, lag, blend }];
    }
  return best;
}

/** Normalized correlation of two pieces. */
function likeness(samples: Float32Array, a: number, b: number, count: number): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    product += samples[a + i] * samples[b + i];
    first += samples[a + i] ** 2;
    second += samples[b + i] ** 2;
  }
  return product / Math.sqrt(first * second + Number.MIN_VALUE);
}

/** What comes before `end`, then what comes from `start` on, blended over `blend` samples. */
function joined(samples: Float32Array, end: number, start: number, blend: number): Float32Array {
  const out = new Float32Array(samples.length + end - start);
  out.set(samples.subarray(0, end));
  for (let i = 0; i < blend; i++) {
    const share = (i + 0.5) / blend;
    out[end + i] = (1 - share) * samples[end + i] + share * samples[start + i];
  }
  out.set(samples.subarray(start + blend), end + blend);
  return out;
}
