import type { IncomingMessage } from "node:http";
import type { Progress } from "@twelvehz/codec";

/** Header in which a client names its request, so that it can ask how far it is. */
export const JOB_HEADER = "twelvehz-job";
/** What a name may be: hard to guess is up to the client. */
export const JOB_NAME: RegExp = /^[\w-]{8,64}$/;

/** How far requests are that their clients have named. A name is known while its request is answered. */
export class JobProgress {
  readonly #known = new Map<string, Progress | undefined>();

  /**
   * Does the work of a request, with someone to tell how far it is.
   * @param work told to whom it tells; to nobody, where the request has no name, a bad one, or one that is in use
   */
  async follow<T>(request: IncomingMessage, work: (onProgress: ((progress: Progress) => void) | undefined) => Promise<T>): Promise<T> {
    const name = request.headers[JOB_HEADER];
    if (typeof name !== "string" || !JOB_NAME.test(name) || this.#known.has(name)) return work(undefined);
    this.#known.set(name, undefined);
    try {
      return await work((progress) => this.#known.set(name, progress));
    } finally {
      this.#known.delete(name);
    }
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
