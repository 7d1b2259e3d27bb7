/**
 * Several engines behind one: a stream stays with the engine that has the fewest, and goes on with
 * another one, to the same bits, when its own is lost. Engines that run native code in processes of
 * their own can crash; a stream must not end with them.
 */
import type { Timers } from "../clock.ts";
import type { ModelInfo } from "../codes/model-info.ts";
import { CodecError } from "../errors.ts";
import type { DecoderOptions, EncoderOptions, Engine, FrameDecoder, FrameEncoder } from "./engine.ts";
import { PooledDecoder, PooledEncoder } from "./pooled-coder.ts";

/** An engine that can be lost. */
export interface StartedEngine {
  readonly engine: Engine;
  /** Settles with the reason when the engine has ended by itself. */
  readonly lost: Promise<string>;
  /** Ends an engine that does not answer. */
  kill(): void;
}

/** How a pool is made. */
export interface PoolOptions {
  /** How many engines, 1 or more. */
  readonly engines: number;
  /** Starts one, warm. */
  start(): Promise<StartedEngine>;
  readonly clock: Timers;
  /** Milliseconds after which an engine that does not answer is taken for lost. Default 30 s. */
  readonly hangMs?: number | undefined;
  /** An engine is there: at the beginning, or in the place of one that was lost. */
  readonly onReady?: (() => void) | undefined;
  /** An engine was lost, and why. */
  readonly onLost?: ((reason: string) => void) | undefined;
  /** A stream went on with another engine. */
  readonly onRestored?: (() => void) | undefined;
}

/**
 * Waiting time before an engine is started anew: doubled with each loss, forgotten when one has
 * lived for a while.
 */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** What it waits longer where others live: starting one takes a processor, which the streams that go on there need first. */
const RESTORING_MS = 400;
const LIVED_MS = 60_000;
const HANG_MS = 30_000;

/** One place in the pool, and the engine that is there now. */
export class PoolPlace {
  /** Streams that are with it. */
  streams = 0;
  /** Losses in a row. */
  losses = 0;
  current: StartedEngine | undefined;
}

/** Engines behind one {@link Engine}. */
export class EnginePool implements Engine {
  readonly info: ModelInfo;
  /** Milliseconds after which an engine that does not answer is taken for lost. */
  readonly hangMs: number;
  readonly #options: PoolOptions;
  readonly #places: readonly PoolPlace[];
  #waiting: (() => void)[] = [];
  #closed = false;

  private constructor(info: ModelInfo, places: readonly PoolPlace[], options: PoolOptions) {
    this.info = info;
    this.hangMs = options.hangMs ?? HANG_MS;
    this.#places = places;
    this.#options = options;
  }

  /**
   * Starts all engines.
   * @throws CodecError what the first that fails fails with
   */
  static async open(options: PoolOptions): Promise<EnginePool> {
    const places = Array.from({ length: options.engines }, () => new PoolPlace());
    const started = await Promise.allSettled(places.map(() => options.start()));
    const failed = started.find((one) => one.status === "rejected");
    if (failed) {
      for (const one of started) if (one.status === "fulfilled") await one.value.engine.close();
      throw failed.reason;
    }
    const engines = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const pool = new EnginePool(engines[0].engine.info, places, options);
    engines.forEach((one, i) => pool.#seat(places[i], one));
    return pool;
  }

  async openEncoder(options?: EncoderOptions): Promise<FrameEncoder> {
    const encoder = new PooledEncoder(this, (engine) => engine.openEncoder(options));
    await encoder.begin();
    return encoder;
  }

  async openDecoder(options?: DecoderOptions): Promise<FrameDecoder> {
    const decoder = new PooledDecoder(this, (engine) => engine.openDecoder(options));
    await decoder.begin();
    return decoder;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await Promise.all(this.#places.map(({ current }) => current?.engine.close()));
  }

  /**
   * The place with the fewest streams; waits where every engine is being started anew.
   * @throws CodecError `closed`
   */
  async leastLoaded(): Promise<{ readonly place: PoolPlace; readonly started: StartedEngine }> {
    for (;;) {
      if (this.#closed) throw new CodecError("closed", "Cannot use a codec after close(): open it again");
      const [place] = this.#places.filter(({ current }) => current).sort((a, b) => a.streams - b.streams);
      if (place?.current) return { place, started: place.current };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for an answer of an engine, not for ever: one that hangs is ended, and lost. */
  async answerOf<T>(started: StartedEngine, answer: Promise<T>): Promise<T> {
    const cancel = this.#options.clock.after(this.hangMs, () => started.kill());
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  /** A stream went on with another engine. */
  restored(): void {
    this.#options.onRestored?.();
  }

  #seat(place: PoolPlace, started: StartedEngine): void {
    place.current = started;
    this.#options.onReady?.();
    const forget = this.#options.clock.after(LIVED_MS, () => (place.losses = 0));
    void started.lost.then((reason) => {
      forget();
      place.current = undefined;
      if (this.#closed) return;
      this.#options.onLost?.(reason);
      this.#startAnew(place);
    });
    this.#wake();
  }

  #startAnew(place: PoolPlace): void {
    const restoring = this.#places.some(({ current }) => current) ? RESTORING_MS : 0;
    const wait = restoring + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** place.losses++);
    this.#options.clock.after(wait, () => {
      if (this.#closed) return;
      this.#options.start().then(
        (started) => (this.#closed ? void started.engine.close() : this.#seat(place, started)),
        () => this.#startAnew(place),
      );
    });
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }
}
