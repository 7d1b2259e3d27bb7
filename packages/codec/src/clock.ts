/** Timers: tests bring their own, so that none of them waits. */
export interface Timers {
  /** Does something after so many milliseconds, unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** Time and timers. */
export interface Clock extends Timers {
  /** Milliseconds since some moment, never going back. */
  now(): number;
}

/** The time of the process or the page. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
