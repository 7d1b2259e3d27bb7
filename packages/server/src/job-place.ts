import type { JobQueue, Ticket } from "./job-queue.ts";
import type { PaceListener } from "./paced-body.ts";

/** The place of one request: taken while its body comes steadily and once all of it is there, given back while it stands still. */
export class JobPlace implements PaceListener {
  readonly #queue: JobQueue;
  #ticket: Ticket | undefined;

  constructor(queue: JobQueue) {
    this.#queue = queue;
  }

  /** @throws ServerError `busy` when all places are taken */
  steady(): void {
    this.#ticket ??= this.#queue.admit();
  }

  stalled(): void {
    this.leave();
  }

  /**
   * Waits until the networks may work for this request.
   * @throws CodecError `aborted` when the signal fires before; ServerError `busy`
   */
  async turn(signal: AbortSignal): Promise<void> {
    this.steady();
    await this.#ticket?.turn(signal);
  }

  /** Gives the place back. Harmless when repeated. */
  leave(): void {
    this.#ticket?.leave();
    this.#ticket = undefined;
  }
}
