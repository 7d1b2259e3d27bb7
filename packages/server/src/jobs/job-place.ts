import type { Client } from "../access/client.ts";
import type { PaceListener } from "../body/paced-body.ts";
import type { Slot, Slots } from "./slots.ts";

/**
 * The slot of one request: taken while its body comes steadily and once all of it is there, given
 * back while it stands still.
 */
export class JobPlace implements Omit<PaceListener, "waited"> {
  readonly #slots: Slots;
  readonly #client: Client;
  #slot: Slot | undefined;

  constructor(slots: Slots, client: Client) {
    this.#slots = slots;
    this.#client = client;
  }

  /** @throws ServerError `busy`, `too-many` when there is no slot */
  steady(): void {
    this.#slot ??= this.#slots.take(this.#client);
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
