import type { Codes } from "@twelvehz/codec";

/** Frames of one piece: about a second, after which the next change can be taken up. */
const PIECE_FRAMES = 13;
/**
 * Frames that a decoder is given before the place from which it is heard: by then it sounds as if
 * it had begun at the start.
 */
const WARM_UP_FRAMES = 12;

/** Decodes pieces of codes one after another with one state. */
export type DecodePieces = (pieces: Iterable<Codes>) => AsyncIterable<Float32Array>;

/** Sound that has been decoded. */
export interface DecodedPiece {
  /** Where it belongs, samples from the start of the clip. */
  readonly at: number;
  readonly samples: Float32Array;
  /**
   * Whether there is now enough more than at the last such piece to hand it to the player, which
   * copies all of it.
   */
  readonly isDue: boolean;
}

/**
 * Decodes a clip again, what is about to be played first: from `frame` to the end, which can be
 * heard at once, and then everything from the start, which is exactly what decoding the clip gives.
 * Near the start the second pass alone is soon enough.
 * @param frame where it plays, 0 to T
 * @param samplesPerFrame of the model
 */
export async function* redecode(
  decode: DecodePieces,
  codes: Codes,
  frame: number,
  samplesPerFrame: number,
): AsyncGenerator<DecodedPiece, void, undefined> {
  const warmUp = frame - WARM_UP_FRAMES;
  let [front, ahead] = [0, PIECE_FRAMES];
  for await (const piece of bothPasses(decode, codes, warmUp, frame, samplesPerFrame)) {
    const end = piece.at + piece.samples.length;
    const isDue = piece.at >= front && end > (frame + ahead - 1) * samplesPerFrame;
    if (isDue) ahead *= 2;
    front = Math.max(front, end);
    yield { ...piece, isDue };
  }
}

async function* bothPasses(
  decode: DecodePieces,
  codes: Codes,
  warmUp: number,
  frame: number,
  samplesPerFrame: number,
): AsyncGenerator<Omit<DecodedPiece, "isDue">, void, undefined> {
  if (warmUp > PIECE_FRAMES && frame < codes.frames) yield* pass(decode, codes, warmUp, frame, samplesPerFrame);
  yield* pass(decode, codes, 0, 0, samplesPerFrame);
}

/** Decodes from one frame on, and gives the sound from another one on. */
async function* pass(
  decode: DecodePieces,
  codes: Codes,
  from: number,
  heardFrom: number,
  samplesPerFrame: number,
): AsyncGenerator<Omit<DecodedPiece, "isDue">, void, undefined> {
  let at = from * samplesPerFrame;
  for await (const samples of decode(piecesOf(codes, from, heardFrom))) {
    const skipped = Math.min(samples.length, Math.max(0, heardFrom * samplesPerFrame - at));
    if (skipped < samples.length) yield { at: at + skipped, samples: samples.subarray(skipped) };
    at += samples.length;
  }
}

/** The frames that are not heard are one piece with the first that are. */
function* piecesOf(codes: Codes, from: number, heardFrom: number): Generator<Codes, void, undefined> {
  let end = heardFrom + PIECE_FRAMES;
  for (let start = from; start < codes.frames; start = end, end += PIECE_FRAMES) yield codes.slice(start, Math.min(end, codes.frames));
}
