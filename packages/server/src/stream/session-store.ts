import { timingSafeEqual } from "node:crypto";
import type { KeyOwner } from "../access/key-owner.ts";
import type { Clock } from "@twelvehz/codec/internal";
import { ServerError } from "../errors/server-error.ts";
import type { Slot, Slots } from "../jobs/slots.ts";
import type { StreamSession } from "./stream-session.ts";
import type { ResumeRequest } from "@twelvehz/client";

/**
 * Sessions without a connection that are kept, for each slot: those that are finished hold none.
 */
const DETACHED_PER_SLOT = 2;

/**
 * The streams of a server: those with a connection, and those that wait for theirs to come again.
 */
export class SessionStore {
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #resumeSeconds: number;
  readonly #sessions = new Map<string, StreamSession>();
  /** Those that wait, longest first, with what stops their time. */
  readonly #detached = new Map<StreamSession, () => void>();

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
   * come again.
   * @throws ServerError `busy`, `too-many`
   */
  takeSlot(owner: KeyOwner | undefined): Slot {
    for (const session of this.#detached.keys()) {
      if (this.#slots.taken < this.#slots.total) break;
      session.dispose();
    }
    return this.#slots.take(owner);
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
  detach(session: StreamSession): void {
    if (!this.#sessions.has(session.id)) return;
    session.detach();
    this.#attached(session);
    this.#detached.set(
      session,
      this.#clock.after(this.#resumeSeconds * 1000, () => session.dispose()),
    );
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
    this.#detached.get(session)?.();
    this.#detached.delete(session);
  }
}

/** Takes as long whatever the difference. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
