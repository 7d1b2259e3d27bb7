/** Time and timers: tests bring their own, so that none of them waits. */
export interface Clock {
  /** Milliseconds since some moment, never going back. */
  now(): number;
  /** Does something after so many milliseconds, unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** The time of the process. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
