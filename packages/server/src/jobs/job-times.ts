import type { Clock } from "@twelvehz/codec/internal";

/**
 * How long the parts of a request take: a body that is worked on while it comes is waited for in
 * the middle of the work, which is not the work's time.
 */
export class JobTimes {
  readonly #clock: Clock;
  readonly #parts = new Map<string, number>();
  #uploadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So long was waited for the client. */
  waited(seconds: number): void {
    this.#uploadMs += seconds * 1000;
  }

  /** Does a part of the work, and remembers how long it took without waiting for the client. */
  async of<T>(part: string, work: () => Promise<T>): Promise<T> {
    const [began, uploadMs] = [this.#clock.now(), this.#uploadMs];
    const result = await work();
    this.#parts.set(part, this.#clock.now() - began - (this.#uploadMs - uploadMs));
    return result;
  }

  /** What `Server-Timing` says: https://www.w3.org/TR/server-timing. */
  toString(): string {
    return [["upload", this.#uploadMs] as const, ...this.#parts].map(([part, ms]) => `${part};dur=${ms.toFixed(1)}`).join(", ");
  }
}
