/** How much of a difference is made up for at each look. */
const PULL = 0.05;
/** A difference that is no jitter any more, seconds. */
const JUMP_SECONDS = 0.25;

/**
 * A clock that runs evenly beside one that goes in steps, as that of a sound card does: what moves
 * by it moves smoothly.
 */
export class SteadyClock {
  #offset: number | undefined;

  /**
   * @param stepped what the other clock says now, seconds
   * @param evenSeconds what an even clock says now, such as that of the page
   * @returns seconds of the other clock
   */
  at(stepped: number, evenSeconds: number): number {
    const offset = stepped - evenSeconds;
    const before = this.#offset;
    this.#offset = before === undefined || Math.abs(offset - before) > JUMP_SECONDS ? offset : before + PULL * (offset - before);
    return evenSeconds + this.#offset;
  }
}
