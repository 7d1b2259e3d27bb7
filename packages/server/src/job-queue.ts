import { CodecError, throwIfAborted } from "@twelvehz/codec";
import type { ServerLimits } from "./limits.ts";
import { ServerError } from "./server-error.ts";

/** A place in the queue. */
export interface Ticket {
  /**
   * Waits until it is this request's turn.
   * @throws CodecError `aborted` when the signal fires before
   */
  turn(signal: AbortSignal): Promise<void>;
  /** Gives the place back. Harmless when repeated. */
  leave(): void;
}

/** Bounds the work: a few requests at once, a few that wait, and the rest is told to come again. */
export class JobQueue {
  readonly #limits: Pick<ServerLimits, "concurrentJobs" | "waitingJobs">;
  readonly #waiting: (() => void)[] = [];
  #admitted = 0;
  #running = 0;

  constructor(limits: Pick<ServerLimits, "concurrentJobs" | "waitingJobs">) {
    this.#limits = limits;
  }

  /** @throws ServerError `busy` when all places are taken */
  assertOpen(): void {
    const { concurrentJobs, waitingJobs } = this.#limits;
    if (this.#admitted >= concurrentJobs + waitingJobs)
      throw new ServerError("busy", `Cannot take the request: ${this.#admitted} others are in progress; try again in some seconds`);
  }

  /**
   * A place for a request whose body comes, until it is answered.
   * @throws ServerError `busy` when all places are taken
   */
  admit(): Ticket {
    this.assertOpen();
    this.#admitted++;
    let state: "admitted" | "running" | "left" = "admitted";
    return {
      turn: async (signal) => {
        await this.#turn(signal);
        state = "running";
      },
      leave: () => {
        if (state === "left") return;
        this.#admitted--;
        if (state === "running") this.#next();
        state = "left";
      },
    };
  }

  async #turn(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#running < this.#limits.concurrentJobs) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new CodecError("aborted", "The work was cancelled while it waited for its turn", { cause: signal.reason }));
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(go);
    });
  }

  /** The turn of a request that has left goes to the one that has waited longest. */
  #next(): void {
    const go = this.#waiting.shift();
    if (go) go();
    else this.#running--;
  }
}
