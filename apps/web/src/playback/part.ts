/** A part of a clip, seconds. */
export interface Part {
  readonly start: number;
  /** Greater than `start`. */
  readonly end: number;
}

/** Shortest part that is shown, seconds: the samples of one window of a spectrogram, and some. */
export const SHORTEST_VIEW = 0.1;
/** Shortest part that is played again and again, seconds: a period of the lowest tone that is heard. */
export const SHORTEST_LOOP = 0.05;

/** How long a part is, seconds. */
export function lengthOf({ start, end }: Part): number {
  return end - start;
}

/** Whether a moment lies in a part. */
export function contains({ start, end }: Part, seconds: number): boolean {
  return seconds >= start && seconds <= end;
}

/**
 * A view zoomed by a factor, above 1 to see more closely; the moment `around` stays where it is, as
 * far as the ends of the clip allow.
 */
export function zoomed(view: Part, factor: number, around: number, duration: number): Part {
  const length = Math.min(duration, Math.max(SHORTEST_VIEW, lengthOf(view) / factor));
  const at = (around - view.start) / lengthOf(view);
  return moved({ start: around - at * length, end: around + (1 - at) * length }, 0, duration);
}

/** A view moved by a time, and kept within the clip. */
export function moved(view: Part, seconds: number, duration: number): Part {
  const length = Math.min(duration, lengthOf(view));
  const start = Math.min(duration - length, Math.max(0, view.start + seconds));
  return { start, end: start + length };
}

/** The view that shows where it plays: itself, or the next page of it. */
export function following(view: Part, position: number, duration: number): Part {
  return contains(view, position) ? view : moved(view, position - view.start, duration);
}

/** What lies between two moments, however they are given, within the clip; undefined where it is too short to be played. */
export function partBetween(one: number, other: number, duration: number): Part | undefined {
  const [start, end] = [Math.max(0, Math.min(one, other)), Math.min(duration, Math.max(one, other))];
  return end - start < SHORTEST_LOOP ? undefined : { start, end };
}
