import { timingSafeEqual } from "node:crypto";
import type { Client } from "../access/client.ts";
import type { Clock } from "@twelvehz/codec/internal";
import { ServerError } from "../errors/server-error.ts";
import type { Slot, Slots } from "../jobs/slots.ts";
import type { StreamSession } from "./stream-session.ts";
import type { ResumeRequest } from "@twelvehz/client";

/**
 * Sessions without a connection that are kept, for each slot: those that are finished hold none.
 */
const DETACHED_PER_SLOT = 2;

/** A session without a connection. */
interface Detached {
  /** Whose it was. */
  readonly client: Client;
  /** Stops its time. */
  readonly stop: () => void;
}

function isSame(a: Client, b: Client): boolean {
  return a.address === b.address || (a.owner !== undefined && a.owner.name === b.owner?.name);
}

/**
 * The streams of a server: those with a connection, and those that wait for theirs to come again.
 */
export class SessionStore {
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #resumeSeconds: number;
  readonly #sessions = new Map<string, StreamSession>();
  /** Those that wait, longest first. */
  readonly #detached = new Map<StreamSession, Detached>();

  constructor(slots: Slots, clock: Clock, resumeSeconds: number) {
    this.#slots = slots;
    this.#clock = clock;
    this.#resumeSeconds = resumeSeconds;
  }

  /** Every session that has not ended. */
  get all(): readonly StreamSession[] {
    return [...this.#sessions.values()];
  }

  /**
   * A slot for a new stream; where all are taken, that of a stream whose client is gone and has not
   * come again; where the client has all of its own, that of such a stream of its own.
   * @throws ServerError `busy`, `too-many`
   */
  takeSlot(client: Client): Slot {
    for (const [session, { client: its }] of this.#detached) {
      const refusal = this.#slots.refusalOf(client);
      if (!refusal) break;
      if (refusal.code === "busy" || isSame(its, client)) session.dispose();
    }
    return this.#slots.take(client);
  }

  /** Keeps a session until it ends. */
  add(session: StreamSession): void {
    this.#sessions.set(session.id, session);
  }

  /** The session has ended. */
  remove(session: StreamSession): void {
    this.#attached(session);
    this.#sessions.delete(session.id);
  }

  /** The session has lost its connection, and is kept for a while. */
  detach(session: StreamSession, client: Client): void {
    if (!this.#sessions.has(session.id)) return;
    session.detach();
    this.#attached(session);
    const stop = this.#clock.after(this.#resumeSeconds * 1000, () => session.dispose());
    this.#detached.set(session, { client, stop });
    if (this.#detached.size > DETACHED_PER_SLOT * this.#slots.total) [...this.#detached.keys()][0]!.dispose();
  }

  /**
   * The session that a client comes back to.
   * @throws ServerError `no-session` when it has ended, or never was, or the token is another's
   */
  resume({ session: id, token }: ResumeRequest, kind: StreamSession["kind"]): StreamSession {
    const session = this.#sessions.get(id);
    if (!session || session.kind !== kind || !sameText(session.token, token))
      throw new ServerError("no-session", "Cannot resume: there is no such session any more; begin anew and send the clip again");
    this.#attached(session);
    return session;
  }

  #attached(session: StreamSession): void {
    this.#detached.get(session)?.stop();
    this.#detached.delete(session);
  }
}

/** Takes as long whatever the difference. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
