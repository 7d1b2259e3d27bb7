import type { JSX } from "preact";

/** The quietest level that the meter shows, dB of full scale. */
const LOWEST_DB = -60;
/** From here on sound is about to be cut. */
const HIGH = 0.98;

/**
 * How loud the microphone is, as the ear hears it: equal steps of dB.
 * @param props.level highest sample, 0 to 1
 */
export function LevelMeter({ level, label, testId }: { level: number; label: string; testId?: string }): JSX.Element {
  return <meter class="level" aria-label={label} min={0} max={1} high={HIGH} optimum={0.5} value={heightOf(level)} data-testid={testId} />;
}

function heightOf(level: number): number {
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(level + 1e-9)) / LOWEST_DB));
}
