import { isQuietSound } from "./quiet-sound.ts";

/** Ms of the shortest and longest piece that is cut out: periods of voices from 400 Hz down to 67 Hz. */
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
  const perMs = sampleRate / 1000;
  const [shortest, blend] = [SHORTEST_MS * perMs, BLEND_MS * perMs].map(Math.round);
  const longest = Math.round(Math.min(LONGEST_MS, mostMs) * perMs);
  if (longest < shortest || samples.length < longest + 2 * blend) return samples;
  if (isQuietSound(samples)) return withoutPiece(samples, { at: 0, lag: longest }, blend);
  let best = { at: 0, lag: 0 };
  let most = LEAST_LIKENESS;
  for (let at = 0; at + longest + blend <= samples.length; at += blend)
    for (let lag = shortest; lag <= longest; lag++) {
      const found = likeness(samples, at, at + lag, blend);
      if (found > most) [most, best] = [found, { at, lag }];
    }
  return best.lag === 0 ? samples : withoutPiece(samples, best, blend);
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

function withoutPiece(samples: Float32Array, { at, lag }: { readonly at: number; readonly lag: number }, blend: number): Float32Array {
  const out = new Float32Array(samples.length - lag);
  out.set(samples.subarray(0, at));
  for (let i = 0; i < blend; i++) {
    const share = (i + 0.5) / blend;
    out[at + i] = (1 - share) * samples[at + i] + share * samples[at + lag + i];
  }
  out.set(samples.subarray(at + lag + blend), at + blend);
  return out;
}
