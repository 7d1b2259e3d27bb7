import { Codes } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { type DecodedPiece, type DecodePieces, redecode } from "./redecode.ts";

const SAMPLES_PER_FRAME = 4;
/** Samples by which the decoder of the test lags, as that of a model does. */
const DELAY = 3;

/**
 * A decoder whose samples are the code of their frame; it lags behind, and writes down what it was
 * given.
 */
function decoderThatRepeats(given: number[][]): DecodePieces {
  return async function* (pieces) {
    let open: number[] = [];
    for (const piece of pieces) {
      given.push(Array.from(piece.data));
      open.push(...Array.from(piece.data).flatMap((code) => new Array<number>(SAMPLES_PER_FRAME).fill(code)));
      yield Float32Array.from(open.slice(0, -DELAY));
      open = open.slice(-DELAY);
    }
    yield Float32Array.from(open);
  };
}

function clipOf(frames: number): Codes {
  return new Codes(
    Int16Array.from({ length: frames }, (_, t) => t % 2048),
    1,
  );
}

function expected(frames: number): number[] {
  return Array.from({ length: frames * SAMPLES_PER_FRAME }, (_, i) => Math.floor(i / SAMPLES_PER_FRAME));
}

async function collect(codes: Codes, frame: number, given: number[][] = []): Promise<DecodedPiece[]> {
  const pieces: DecodedPiece[] = [];
  for await (const piece of redecode(decoderThatRepeats(given), codes, frame, SAMPLES_PER_FRAME)) pieces.push(piece);
  return pieces;
}

describe("decoding again", () => {
  it.each([0, 10, 38, 39, 100, 199, 200])("gives the whole clip wherever it plays (frame %i)", async (frame) => {
    const heard = new Float32Array(200 * SAMPLES_PER_FRAME).fill(-1);
    for (const { at, samples } of await collect(clipOf(200), frame)) heard.set(samples, at);
    expect(Array.from(heard)).toEqual(expected(200));
  });

  it("begins exactly where it plays and runs to the end before it begins at the start", async () => {
    const pieces = await collect(clipOf(200), 120);
    const again = pieces.findIndex(({ at }) => at === 0);
    expect(pieces[0].at).toBe(120 * SAMPLES_PER_FRAME);
    expect(pieces.slice(0, again).flatMap(({ samples }) => Array.from(samples))).toEqual(expected(200).slice(120 * SAMPLES_PER_FRAME));
    expect(pieces.slice(again).flatMap(({ samples }) => Array.from(samples))).toEqual(expected(200));
  });

  it("lets the decoder hear what comes before", async () => {
    const given: number[][] = [];
    await collect(clipOf(200), 120, given);
    expect(given[0][0]).toBeLessThan(120);
    expect(given[0].at(-1)).toBeGreaterThan(120);
  });

  it("decodes once where the start is near", async () => {
    expect((await collect(clipOf(200), 20))[0].at).toBe(0);
  });

  it("hands over the first second that is played at once, and then ever more at a time", async () => {
    for (const frame of [20, 500]) {
      const due = (await collect(clipOf(3000), frame)).filter(({ isDue }) => isDue);
      const ahead = due.map(({ at, samples }) => (at + samples.length) / SAMPLES_PER_FRAME - frame);
      expect(ahead[0]).toBeGreaterThan(12 - DELAY);
      expect(ahead[0]).toBeLessThanOrEqual(26);
      expect(ahead.length).toBeLessThanOrEqual(9);
      for (let i = 1; i < ahead.length; i++) expect(ahead[i]).toBeGreaterThan(1.5 * ahead[i - 1]);
    }
  });

  it("stops with the reader", async () => {
    const given: number[][] = [];
    for await (const _ of redecode(decoderThatRepeats(given), clipOf(200), 0, SAMPLES_PER_FRAME)) break;
    expect(given.length).toBe(1);
  });
});
