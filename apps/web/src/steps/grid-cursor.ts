/** Where the user is in the codes, and what is chosen for editing. */
export interface GridCursor {
  /** Frame, 0 to T - 1. */
  readonly frame: number;
  /** Layer, 0 to K - 1. */
  readonly layer: number;
  /** The other end of the chosen frames; equal to `frame` where one is chosen. */
  readonly anchor: number;
}

/** Frames `start` to `end - 1`. */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

/** What bounds a cursor, and how far it leaps. */
export interface GridShape {
  /** T, at least 1. */
  readonly frames: number;
  /** K, at least 1. */
  readonly layers: number;
  /** Frames of a leap with PageUp and PageDown. */
  readonly leap: number;
}

const STEPS: Readonly<Record<string, (shape: GridShape, from: GridCursor) => Partial<GridCursor>>> = {
  ArrowLeft: (_, { frame }) => ({ frame: frame - 1 }),
  ArrowRight: (_, { frame }) => ({ frame: frame + 1 }),
  ArrowUp: (_, { layer }) => ({ layer: layer - 1 }),
  ArrowDown: (_, { layer }) => ({ layer: layer + 1 }),
  PageUp: ({ leap }, { frame }) => ({ frame: frame - leap }),
  PageDown: ({ leap }, { frame }) => ({ frame: frame + leap }),
  Home: () => ({ frame: 0 }),
  End: ({ frames }) => ({ frame: frames - 1 }),
};

/**
 * The cursor after a key, kept within the codes.
 * @param key as `KeyboardEvent.key` names it
 * @param extend whether the chosen frames grow, as with Shift, instead of being chosen anew
 * @returns undefined for a key that moves nothing
 */
export function movedByKey(cursor: GridCursor, key: string, extend: boolean, shape: GridShape): GridCursor | undefined {
  const step = STEPS[key];
  return step && movedTo({ ...cursor, ...step(shape, cursor) }, extend, shape);
}

/** The cursor at another place, kept within the codes; with `extend`, the anchor stays. */
export function movedTo(to: GridCursor, extend: boolean, { frames, layers }: Pick<GridShape, "frames" | "layers">): GridCursor {
  const frame = Math.max(0, Math.min(frames - 1, to.frame));
  const layer = Math.max(0, Math.min(layers - 1, to.layer));
  return { frame, layer, anchor: extend ? Math.max(0, Math.min(frames - 1, to.anchor)) : frame };
}

/** The chosen frames: at least the one of the cursor. */
export function chosenFrames({ frame, anchor }: GridCursor): FrameRange {
  return { start: Math.min(frame, anchor), end: Math.max(frame, anchor) + 1 };
}
