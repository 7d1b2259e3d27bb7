/** Frames over which the quietest tells the background: five seconds at 12.5 a second. */
const FLOOR_FRAMES = 62;
/** What is at most so much over the background is background, dB. */
const MARGIN_DB = 6;
/** Always quiet below, dB of full scale; never above. */
const SILENCE_DB = -60;
const SPEECH_DB = -35;

/**
 * Tells background from speech by level: the quietest frame of the last seconds is the background.
 */
export class QuietDetector {
  #levels: number[] = [];

  /** Whether a frame holds background only. @param samples nominally in [-1, 1] */
  isQuiet(samples: Float32Array): boolean {
    const power = samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length);
    const level = 10 * Math.log10(power + 1e-12);
    this.#levels = [...this.#levels.slice(1 - FLOOR_FRAMES), level];
    if (level < SILENCE_DB) return true;
    return level < SPEECH_DB && this.#levels.length === FLOOR_FRAMES && level < Math.min(...this.#levels) + MARGIN_DB;
  }
}
