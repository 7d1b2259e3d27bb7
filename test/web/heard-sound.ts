/** How well, and how late, a sound is heard that was said elsewhere, from recordings of both ends. */
import { Audio } from "@twelvehz/codec/node";
import { findDelay } from "@twelvehz/eval";
import { stoi } from "@twelvehz/eval/measures";

/** Sound in blocks of one length, each with the time of its first sample. */
export interface Recording {
  /** Blocks after each other, without gaps. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** Ms since 1970, of each block; a sound card that could not keep up stands still between two. */
  readonly blockMs: readonly number[];
}

/** What came out at one end of what went in at the other. */
export interface Heard {
  /** Mean over the pieces, each with its own delay taken out: a call may change its delay. */
  readonly stoi: number;
  /** From the microphone's samples to those of the loudspeaker, ms, without devices; the median. */
  readonly delayMs: number;
}

/** What is compared: so many pieces of so many seconds. */
const PIECES = 3;
const PIECE_SECONDS = 1.4;
/** Longest delay that is looked for, seconds. */
const MOST_DELAY_SECONDS = 2;
/** By how much the delay of a piece may differ from that of the whole, seconds. */
const MOST_CHANGE_SECONDS = 0.3;
/** Seconds that both recordings must have in common. */
export const LEAST_SECONDS = PIECES * PIECE_SECONDS + MOST_DELAY_SECONDS + MOST_CHANGE_SECONDS;
/** Blocks around a moment that tell when it was: about half a second. */
const BLOCKS_NEAR = 40;

/**
 * Compares the newest seconds of two recordings.
 * @throws Error where they have less than {@link LEAST_SECONDS} in common, and for delays of more
 * than a second
 */
export function compareSounds(said: Recording, heard: Recording): Heard {
  const beganMs = Math.max(said.blockMs[0] ?? 0, heard.blockMs[0] ?? 0);
  const endMs = Math.min(...[said, heard].map(endOf));
  const seconds = (endMs - beganMs) / 1000;
  if (!(seconds >= LEAST_SECONDS))
    throw new Error(`Cannot compare ${seconds.toFixed(2)} s of what was said and heard: record ${LEAST_SECONDS.toFixed(1)} s at least`);
  const atMs = endMs - 1000 * LEAST_SECONDS;
  const whole = PIECES * PIECE_SECONDS;
  const roughly = findDelay(cut(said, atMs, whole), cut(heard, atMs, whole), { maximumSeconds: MOST_DELAY_SECONDS }).seconds;
  const pieces = Array.from({ length: PIECES }, (_, i) => comparePiece(said, heard, atMs + 1000 * i * PIECE_SECONDS, 1000 * roughly));
  const delayMs = pieces.map((piece) => piece.delayMs).sort((a, b) => a - b)[PIECES >> 1];
  if (delayMs > 1000) throw new Error(`What was said is heard ${Math.round(delayMs)} ms later: a second at most is what a call may take`);
  return { stoi: pieces.reduce((sum, piece) => sum + piece.stoi, 0) / PIECES, delayMs };
}

function endOf({ samples, sampleRate, blockMs }: Recording): number {
  return (blockMs.at(-1) ?? 0) + (1000 * samples.length) / sampleRate / blockMs.length;
}

function comparePiece(said: Recording, heard: Recording, atMs: number, roughMs: number): Heard {
  const piece = cut(said, atMs, PIECE_SECONDS);
  const near = cut(heard, atMs + roughMs, PIECE_SECONDS);
  const delayMs = roughMs + 1000 * findDelay(piece, near, { maximumSeconds: MOST_CHANGE_SECONDS }).seconds;
  return { stoi: stoi(piece, cut(heard, atMs + delayMs, PIECE_SECONDS)) ?? 0, delayMs };
}

/** So many seconds from a moment on. What was not recorded is silence. */
function cut(recording: Recording, atMs: number, seconds: number): Audio {
  const { samples, sampleRate } = recording;
  const out = new Float32Array(Math.round(seconds * sampleRate));
  const at = indexAt(recording, atMs);
  out.set(samples.subarray(Math.max(0, at), Math.max(0, at + out.length)), Math.max(0, -at));
  return new Audio(out, sampleRate);
}

/** Index of the sample at a moment, by the blocks around it: the times of single ones are uncertain. */
function indexAt({ samples, sampleRate, blockMs }: Recording, atMs: number): number {
  const blockLength = samples.length / blockMs.length;
  const found = blockMs.findIndex((ms) => ms >= atMs);
  const first = Math.max(0, (found < 0 ? blockMs.length : found) - BLOCKS_NEAR / 2);
  const begins = blockMs.slice(first, first + BLOCKS_NEAR).map((ms, i) => ms - (1000 * (first + i) * blockLength) / sampleRate);
  const began = begins.sort((a, b) => a - b)[begins.length >> 1];
  return Math.round(((atMs - began) * sampleRate) / 1000);
}
