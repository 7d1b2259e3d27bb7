// Mu-law of ITU-T G.711 (1988), clause 3, tables 2a and 2b. In units of 1/8192 of full scale,
// magnitudes lie in eight segments of 16 steps; the steps of the first are 2 wide, those of each
// further twice as wide as before. With 33 added, a magnitude is (16 + step) * 2^(segment + 1) plus
// what is lost. All bits are sent inverted.

import type { CodecUnderTest } from "../codec-under-test.ts";
import { throughTelephoneRate } from "./pcm-8khz.ts";

const FULL_SCALE = 8192;
const BIAS = 33;
/** Larger magnitudes are clipped: the virtual decision value of the tables is 8159. */
const LARGEST = 8158;

/**
 * One sample as a byte.
 * @param sample nominally in [-1, 1]; clipped beyond that
 */
export function encodeMuLaw(sample: number): number {
  const biased = Math.min(LARGEST, Math.floor(Math.abs(sample) * FULL_SCALE)) + BIAS;
  const segment = 26 - Math.clz32(biased);
  const step = (biased >> (segment + 1)) & 15;
  return ~((sample < 0 ? 128 : 0) | (segment << 4) | step) & 255;
}

/**
 * The sample that a byte stands for.
 * @param code 0 to 255
 * @returns within (-1, 1)
 */
export function decodeMuLaw(code: number): number {
  const bits = ~code & 255;
  const segment = (bits >> 4) & 7;
  const magnitude = ((2 * (bits & 15) + BIAS) << segment) - BIAS;
  return (bits & 128 ? -magnitude : magnitude) / FULL_SCALE;
}

/**
 * A telephone of the digital network: mu-law of ITU-T G.711 at 8 kHz, 64 kbit/s. Delay as of
 * {@link pcm8kHz}.
 */
export function muLaw(): CodecUnderTest {
  return throughTelephoneRate("mu-law 8 kHz (G.711)", (sample) => decodeMuLaw(encodeMuLaw(sample)));
}
