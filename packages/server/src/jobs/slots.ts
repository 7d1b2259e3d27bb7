import type { Client } from "../access/client.ts";
import { ServerError } from "../errors/server-error.ts";
import { Tally } from "./tally.ts";

/** One slot that is taken. */
export interface Slot {
  /** Gives it back. Harmless when repeated. */
  free(): void;
}

/**
 * How many streams and files may be in work at once: in all, of one address and of one owner. What
 * comes beyond is refused at once, so that nobody's stream becomes slow.
 */
export class Slots {
  /** How many there are. May change: what is taken stays so. */
  total: number;
  /** How many each owner of a key has taken, by their name. */
  readonly owners: Tally = new Tally();
  readonly #addresses = new Tally();
  readonly #mostOf: (client: Client, total: number) => number;
  #taken = 0;

  /**
   * @param total 1 or more
   * @param mostOf how many the address of a client may have of so many. Default: all
   */
  constructor(total: number, mostOf: (client: Client, total: number) => number = (_, all) => all) {
    this.total = total;
    this.#mostOf = mostOf;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Why a client gets none: `busy` when all are taken, `too-many` when it has all of its own. */
  refusalOf(client: Client): ServerError | undefined {
    if (this.#taken >= this.total)
      return new ServerError("busy", `Cannot take the request: ${this.#taken} others are in progress; try again in some seconds`);
    const { address, owner } = client;
    const own = owner ? this.owners.of(owner.name) : 0;
    if (own >= (owner?.limits.slots ?? Infinity))
      return new ServerError("too-many", `Cannot take the request: ${own} of the same key are in progress; wait until one has ended`);
    const here = this.#addresses.of(address);
    if (here >= this.#mostOf(client, this.total))
      return new ServerError("too-many", `Cannot take the request: ${here} of your address are in progress; wait until one has ended`);
    return undefined;
  }

  /** @throws ServerError as {@link refusalOf} */
  assertOpen(client: Client): void {
    const refusal = this.refusalOf(client);
    if (refusal) throw refusal;
  }

  /** @throws ServerError as {@link refusalOf} */
  take(client: Client): Slot {
    this.assertOpen(client);
    this.#count(client, 1);
    let held = true;
    return {
      free: () => {
        if (held) this.#count(client, -1);
        held = false;
      },
    };
  }

  #count({ address, owner }: Client, change: 1 | -1): void {
    this.#taken += change;
    this.#addresses.add(address, change);
    if (owner) this.owners.add(owner.name, change);
  }
}
