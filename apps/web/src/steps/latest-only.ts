/**
 * Runs one piece of work at a time; a new one cancels the one before and begins when that has
 * stopped, and what was not begun never is.
 */
export class LatestOnly {
  #last: Promise<unknown> = Promise.resolve();
  #abort = new AbortController();

  /**
   * @param work is to fail soon after its signal fires
   * @returns settled with the work; fulfilled without it when something newer came before it began
   */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.cancel();
    const { signal } = this.#abort;
    const result = this.#last.then(() => (signal.aborted ? undefined : work(signal)));
    this.#last = result.catch(() => undefined); // whoever called gets the error
    return result;
  }

  /** Cancels what runs and what waits. */
  cancel(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }
}
