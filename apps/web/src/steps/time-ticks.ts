/** Distances between two marks of a time axis, seconds. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
/** Room that a mark with its label needs, pixels. */
const ROOM = 56;

/** A mark on the time axis. */
export interface TimeTick {
  readonly seconds: number;
  /** Pixels from the left edge of the window. */
  readonly x: number;
}

/**
 * Marks of the part of a clip that is in sight, as close as their labels allow.
 * @param pixelsPerSecond more than 0
 * @param scroll pixels hidden to the left
 * @param width of the window, pixels
 * @param durationSeconds end of the clip
 */
export function timeTicks(pixelsPerSecond: number, scroll: number, width: number, durationSeconds: number): TimeTick[] {
  const step = STEPS.find((seconds) => seconds * pixelsPerSecond >= ROOM) ?? STEPS[STEPS.length - 1];
  const last = Math.min(durationSeconds, (scroll + width) / pixelsPerSecond);
  const ticks: TimeTick[] = [];
  for (let n = Math.max(0, Math.ceil(scroll / pixelsPerSecond / step - 1e-9)); n * step <= last; n++) {
    const seconds = Math.round(n * step * 10) / 10;
    ticks.push({ seconds, x: seconds * pixelsPerSecond - scroll });
  }
  return ticks;
}
