import type { KeyOwner } from "../access/key-owner.ts";
import { ServerError } from "../errors/server-error.ts";
import { Tally } from "./tally.ts";

/** One slot that is taken. */
export interface Slot {
  /** Gives it back. Harmless when repeated. */
  free(): void;
}

/**
 * How many streams and files may be in work at once, in all and of one owner. What comes beyond is
 * refused at once, so that nobody's stream becomes slow.
 */
export class Slots {
  /** How many there are. May change: what is taken stays so. */
  total: number;
  /** How many each owner of a key has taken, by their name. */
  readonly owners: Tally = new Tally();
  #taken = 0;

  /** @param total 1 or more */
  constructor(total: number) {
    this.total = total;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** @throws ServerError `busy` when all are taken, `too-many` when the owner has all of theirs */
  assertOpen(owner?: KeyOwner): void {
    if (this.#taken >= this.total)
      throw new ServerError("busy", `Cannot take the request: ${this.#taken} others are in progress; try again in some seconds`);
    const own = owner ? this.owners.of(owner.name) : 0;
    if (own >= (owner?.limits.slots ?? Infinity))
      throw new ServerError("too-many", `Cannot take the request: ${own} of the same key are in progress; wait until one has ended`);
  }

  /** @throws ServerError `busy`, `too-many` as {@link assertOpen} */
  take(owner?: KeyOwner): Slot {
    this.assertOpen(owner);
    this.#taken++;
    if (owner) this.owners.add(owner.name, 1);
    let held = true;
    return {
      free: () => {
        if (!held) return;
        held = false;
        this.#taken--;
        if (owner) this.owners.add(owner.name, -1);
      },
    };
  }
}
