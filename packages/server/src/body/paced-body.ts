import type { Clock } from "@twelvehz/codec/internal";
import { ServerError } from "../errors/server-error.ts";

/** How fast a body has to come. */
export interface Pace {
  /** Bytes a second below which a body stands still. */
  readonly floorBytesPerSecond: number;
  /**
   * Seconds that a body is ahead of the floor when it counts as coming steadily; as long it may be
   * silent after that.
   */
  readonly steadySeconds: number;
  /** Seconds of standing still after which it is given up. */
  readonly patienceSeconds: number;
}

/** Who is told how a body comes. */
export interface PaceListener {
  /** It comes steadily, or all of it is there. What is thrown here ends the body. */
  steady(): void;
  /** It stands still. */
  stalled(): void;
  /** So long was waited for a piece of it, seconds. */
  waited(seconds: number): void;
}

/**
 * A body as it comes, watched: whoever sends a few bytes and then nothing must not hold a place
 * that others need. Only the time spent waiting for the client counts, not the time in which nobody
 * asks for more.
 * @throws ServerError `slow` when the body has stood still for too long
 */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  pace: Pace,
  clock: Clock,
  listener: PaceListener,
): AsyncGenerator<Uint8Array, void, undefined> {
  const watch = new PaceWatch(pace, clock, listener);
  const source = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await watch.wait(source.next());
      if (done) return watch.ended();
      watch.arrived(value.length);
      yield value;
    }
  } finally {
    void source.return?.()?.catch(() => undefined); // a silent source answers only when its connection ends
  }
}

/**
 * Two accounts in seconds: how far a body is ahead of the floor, and how much longer one that
 * stands still is waited for.
 */
class PaceWatch {
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #listener: PaceListener;
  #aheadSeconds = 0;
  #patienceSeconds: number;
  #steady = false;

  constructor(pace: Pace, clock: Clock, listener: PaceListener) {
    this.#pace = pace;
    this.#clock = clock;
    this.#listener = listener;
    this.#patienceSeconds = pace.patienceSeconds;
  }

  /** Waits for the client, at its cost. */
  async wait<T>(chunk: Promise<T>): Promise<T> {
    const began = this.#clock.now();
    const stopStall = this.#steady ? this.#clock.after(this.#aheadSeconds * 1000, () => this.#stall()) : () => undefined;
    let stopPatience = (): void => undefined;
    const lost = new Promise<never>((_, reject) => {
      const seconds = this.#aheadSeconds + this.#patienceSeconds;
      stopPatience = this.#clock.after(seconds * 1000, () => reject(this.#tooSlow()));
    });
    try {
      return await Promise.race([chunk, lost]);
    } finally {
      stopStall();
      stopPatience();
      const seconds = (this.#clock.now() - began) / 1000;
      this.#charge(seconds);
      this.#listener.waited(seconds);
    }
  }

  arrived(bytes: number): void {
    const { floorBytesPerSecond, steadySeconds } = this.#pace;
    this.#aheadSeconds = Math.min(steadySeconds, this.#aheadSeconds + bytes / floorBytesPerSecond);
    if (this.#steady || this.#aheadSeconds < steadySeconds) return;
    this.#begin();
  }

  /** All of it is there. */
  ended(): void {
    if (!this.#steady) this.#begin();
  }

  #begin(): void {
    this.#steady = true;
    this.#patienceSeconds = this.#pace.patienceSeconds;
    this.#listener.steady();
  }

  #stall(): void {
    this.#steady = false;
    this.#listener.stalled();
  }

  #charge(seconds: number): void {
    const late = Math.max(0, seconds - this.#aheadSeconds);
    this.#aheadSeconds = Math.max(0, this.#aheadSeconds - seconds);
    this.#patienceSeconds = Math.max(0, this.#patienceSeconds - late);
  }

  #tooSlow(): ServerError {
    const { floorBytesPerSecond, patienceSeconds } = this.#pace;
    return new ServerError(
      "slow",
      `Cannot wait for the rest of the body: it stood still for ${patienceSeconds} s; send at least ${floorBytesPerSecond} bytes a second`,
    );
  }
}
