import type { PaceListener } from "../body/paced-body.ts";
import type { Slot, Slots } from "./slots.ts";

/**
 * The slot of one request: taken while its body comes steadily and once all of it is there, given
 * back while it stands still.
 */
export class JobPlace implements PaceListener {
  readonly #slots: Slots;
  #slot: Slot | undefined;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** @throws ServerError `busy` when all slots are taken */
  steady(): void {
    this.#slot ??= this.#slots.take();
  }

  stalled(): void {
    this.leave();
  }

  /** Gives the slot back. Harmless when repeated. */
  leave(): void {
    this.#slot?.free();
    this.#slot = undefined;
  }
}
