import { mutualInformation, type MutualInformation } from "./mutual-information.ts";
import { explainedShare } from "./explained-share.ts";
import { FRAME_KINDS, QUANTITIES, type Quantity } from "./frame-acoustics.ts";

/** What the frames are like that choose from one third of a codebook. */
export interface CodebookThird {
  /** First entry, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Share of all frames that choose from this third. */
  readonly share: number;
  /** What these frames are: shares by {@link FRAME_KINDS}, sum 1; all 0 when there are none. */
  readonly kinds: readonly number[];
  /**
   * How much of each quantity the entries of this third explain in other clips: prosody would be F0
   * and energy. NaN = not known.
   */
  readonly heldOut: Readonly<Record<Quantity, number>>;
}

/** Frames of one layer. */
export interface KindedFrames {
  readonly codes: Int16Array;
  readonly kinds: Uint8Array;
  readonly clips: Int32Array;
  readonly quantities: Readonly<Record<Quantity, Float64Array>>;
}

/** The three thirds of a codebook, by the numbers of its entries. */
export interface CodebookThirds {
  readonly parts: readonly CodebookThird[];
  /** What the third tells about the kind of the frame. */
  readonly kind: MutualInformation;
}

/**
 * The three thirds of a codebook by the numbers of its entries, which are said to hold unvoiced
 * onsets, vowels with transitions, and prosody.
 * @param codebookSize V
 */
export function codebookThirds(frames: KindedFrames, codebookSize: number): CodebookThirds {
  const edges = [0, 1, 2, 3].map((i) => Math.round((i * codebookSize) / 3));
  const third = frames.codes.map((code) => edges.findLastIndex((edge) => code >= edge));
  return {
    parts: edges.slice(1).map((to, i) => thirdOf(frames, edges[i], to)),
    kind: mutualInformation(third, Int16Array.from(frames.kinds)),
  };
}

function thirdOf({ codes, kinds, clips, quantities }: KindedFrames, from: number, to: number): CodebookThird {
  const inside = Array.from(codes, (_, i) => i).filter((i) => codes[i] >= from && codes[i] < to);
  const heldOut = QUANTITIES.map(({ id }) => {
    const found = explainedShare({
      codes: Int16Array.from(inside, (i) => codes[i]),
      values: Float64Array.from(inside, (i) => quantities[id][i]),
      clips: Int32Array.from(inside, (i) => clips[i]),
    });
    return [id, found?.heldOut ?? Number.NaN] as const;
  });
  return {
    from,
    to,
    share: codes.length === 0 ? 0 : inside.length / codes.length,
    kinds: FRAME_KINDS.map((_, kind) => (inside.length === 0 ? 0 : inside.filter((i) => kinds[i] === kind).length / inside.length)),
    heldOut: Object.fromEntries(heldOut) as Record<Quantity, number>,
  };
}
