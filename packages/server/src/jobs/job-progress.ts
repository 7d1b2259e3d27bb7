import type { IncomingMessage } from "node:http";
import type { Progress } from "@twelvehz/codec";

/** Header in which a client names its request, so that it can ask how far it is. */
export const JOB_HEADER = "twelvehz-job";
/** What a name may be: hard to guess is up to the client. */
export const JOB_NAME: RegExp = /^[\w-]{8,64}$/;

/** A request that is watched. */
export interface WatchedJob {
  onProgress(this: void, progress: Progress): void;
  end(): void;
}

/**
 * How far requests are that their clients have named. A name is known while its request is
 * answered.
 */
export class JobProgress {
  readonly #known = new Map<string, Progress | undefined>();

  /**
   * Begins to watch a request.
   * @returns who is to be told how far it is, and when it ends; undefined where the request has no
   * name, a bad one, or one that is in use
   */
  watch(request: IncomingMessage): WatchedJob | undefined {
    const name = request.headers[JOB_HEADER];
    if (typeof name !== "string" || !JOB_NAME.test(name) || this.#known.has(name)) return undefined;
    this.#known.set(name, undefined);
    return { onProgress: (progress) => void this.#known.set(name, progress), end: () => void this.#known.delete(name) };
  }

  /** Whether a request of this name is being answered. */
  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** How far it is, or undefined while it has not begun. */
  of(name: string): Progress | undefined {
    return this.#known.get(name);
  }
}
