/** Most states that can be come back to: of the longest clip, 12 MB. */
const MOST_KEPT = 100;

/** What was, what is, and what was undone. Immutable. */
export interface EditHistory<T> {
  /** Oldest first. */
  readonly past: readonly T[];
  readonly present: T;
  /** The one undone last comes first. */
  readonly future: readonly T[];
}

/** A history that begins. */
export function historyOf<T>(present: T): EditHistory<T> {
  return { past: [], present, future: [] };
}

/** The history after an edit; what was undone is forgotten. */
export function edited<T>({ past, present }: EditHistory<T>, next: T): EditHistory<T> {
  return { past: [...past, present].slice(-MOST_KEPT), present: next, future: [] };
}

/** One edit back, or the same history where there is none. */
export function undone<T>(history: EditHistory<T>): EditHistory<T> {
  const { past, present, future } = history;
  return past.length === 0 ? history : { past: past.slice(0, -1), present: past[past.length - 1], future: [present, ...future] };
}

/** One edit forward again, or the same history where there is none. */
export function redone<T>(history: EditHistory<T>): EditHistory<T> {
  const { past, present, future } = history;
  return future.length === 0 ? history : { past: [...past, present], present: future[0], future: future.slice(1) };
}
