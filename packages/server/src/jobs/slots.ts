import { ServerError } from "../errors/server-error.ts";

/** One slot that is taken. */
export interface Slot {
  /** Gives it back. Harmless when repeated. */
  free(): void;
}

/**
 * How many streams and files may be in work at once. What comes beyond is refused at once, so that
 * nobody's stream becomes slow.
 */
export class Slots {
  /** How many there are. */
  readonly total: number;
  #taken = 0;

  /** @param total 1 or more */
  constructor(total: number) {
    this.total = total;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** @throws ServerError `busy` when all are taken */
  assertOpen(): void {
    if (this.#taken >= this.total)
      throw new ServerError("busy", `Cannot take the request: ${this.#taken} others are in progress; try again in some seconds`);
  }

  /** @throws ServerError `busy` when all are taken */
  take(): Slot {
    this.assertOpen();
    this.#taken++;
    let held = true;
    return {
      free: () => {
        if (held) this.#taken--;
        held = false;
      },
    };
  }
}
