import type { Clock } from "@twelvehz/codec/internal";

/** Counts the messages of the second that runs. */
export class MessageRate {
  readonly #clock: Clock;
  #secondBegan = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one. @returns how many there were in this second */
  add(): number {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#secondBegan) [this.#secondBegan, this.#count] = [second, 0];
    return ++this.#count;
  }
}
