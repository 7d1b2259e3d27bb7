import { joinFloats, joinIntegers } from "../bytes/join.ts";
import { CodecError } from "../errors.ts";
import type { Engine, FrameDecoder, FrameEncoder, SavedState } from "./engine.ts";
import type { EnginePool, PoolPlace, StartedEngine } from "./engine-pool.ts";

/**
 * Frames after which a copy of the state is taken: as many are computed again at most when an
 * engine is lost, by all of its streams at once. 1 s.
 */
const SNAPSHOT_FRAMES = 12;
/** Most frames of one call: other streams of the engine have their turn between two. */
const LARGEST_GROUP = 4;
/** Engines that one call may lose before it is taken for the cause. */
const MOST_LOSSES = 2;

type Coder = FrameEncoder | FrameDecoder;
/** What was done since the last copy of the state. */
type Step<C extends Coder> = (coder: C) => Promise<unknown>;

/** Where a stream is now. */
interface Seat<C extends Coder> {
  readonly place: PoolPlace;
  readonly started: StartedEngine;
  readonly coder: C;
}

/** A stream that outlives its engine: it remembers a copy of its state, and what was done since. */
class PooledCoder<C extends Coder> {
  readonly #pool: EnginePool;
  readonly #open: (engine: Engine) => Promise<C>;
  #seat: Seat<C> | undefined;
  #saved: SavedState | undefined;
  #since: Step<C>[] = [];
  #framesSince = 0;
  /** Frames counted beforehand, so that streams that began together take their copies one after the other. */
  #turn = 0;
  #closed = false;

  constructor(pool: EnginePool, open: (engine: Engine) => Promise<C>) {
    this.#pool = pool;
    this.#open = open;
  }

  /** Takes a place. */
  async begin(): Promise<void> {
    await this.#withEngine(async () => undefined);
  }

  /** Does a step that changes the state, worth so many frames. */
  async step<T>(frames: number, work: (coder: C) => Promise<T>): Promise<T> {
    const result = await this.#withEngine(work);
    this.#since.push(work);
    this.#framesSince += frames;
    if (this.#framesSince >= SNAPSHOT_FRAMES) this.#snapshot();
    return result;
  }

  /** Does the step after which the coder is as new. */
  async finish<T>(work: (coder: C) => Promise<T>): Promise<T> {
    const result = await this.#withEngine(work);
    this.#forget();
    return result;
  }

  /** Asks for what changes nothing. */
  ask<T>(work: (coder: C) => Promise<T>): Promise<T> {
    return this.#withEngine(work);
  }

  /** Goes on from another state. */
  async restore(state: SavedState): Promise<void> {
    await this.#withEngine((coder) => coder.restore(state));
    this.#forget();
    this.#saved = state;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    const seat = this.#seat;
    this.#leave();
    if (seat?.place.current === seat?.started) await seat?.coder.close().catch(() => undefined); // it may be lost meanwhile
  }

  #forget(): void {
    this.#saved = undefined;
    this.#since = [];
    this.#framesSince = this.#turn;
  }

  #leave(): void {
    if (this.#seat) this.#seat.place.streams--;
    this.#seat = undefined;
  }

  /**
   * Calls are carried out in order, so that the copy is of the state after the last step; nobody
   * waits for it.
   */
  #snapshot(): void {
    const seat = this.#seat;
    if (!seat) return;
    const steps = this.#since;
    const count = steps.length;
    this.#framesSince = 0;
    seat.coder.save().then(
      (state) => {
        if (this.#since !== steps || this.#seat !== seat) return; // the clip has ended, or the engine was lost
        this.#saved = state;
        this.#since = steps.slice(count);
      },
      () => undefined,
    );
  }

  async #withEngine<T>(work: (coder: C) => Promise<T>): Promise<T> {
    for (let losses = 0; ; ) {
      try {
        const { coder, started } = this.#seat ?? (await this.#take());
        return await this.#pool.answerOf(started, work(coder));
      } catch (error) {
        if (this.#seat && this.#seat.place.current === this.#seat.started) throw error; // the engine lives: it is the work that failed
        if (this.#closed || (error instanceof CodecError && error.code === "closed")) throw error;
        this.#leave();
        if (++losses >= MOST_LOSSES) throw error;
      }
    }
  }

  /** Opens a coder at the least loaded engine and brings it to where this stream is. */
  async #take(): Promise<Seat<C>> {
    const { place, started } = await this.#pool.leastLoaded();
    place.streams++;
    try {
      const coder = await this.#pool.answerOf(started, this.#open(started.engine));
      const again = this.#saved !== undefined || this.#since.length > 0;
      if (this.#saved) await this.#pool.answerOf(started, coder.restore(this.#saved));
      for (const step of this.#since) await this.#pool.answerOf(started, step(coder));
      this.#seat = { place, started, coder };
      this.#turn = (place.streams - 1) % SNAPSHOT_FRAMES;
      this.#framesSince = Math.max(this.#framesSince, this.#turn);
      if (again) this.#pool.restored();
      return this.#seat;
    } catch (error) {
      place.streams--;
      throw error;
    }
  }
}

/** An encoder of a pool. */
export class PooledEncoder implements FrameEncoder {
  readonly #coder: PooledCoder<FrameEncoder>;
  readonly #pool: EnginePool;

  constructor(pool: EnginePool, open: (engine: Engine) => Promise<FrameEncoder>) {
    this.#pool = pool;
    this.#coder = new PooledCoder(pool, open);
  }

  /** Takes a place. */
  begin(): Promise<void> {
    return this.#coder.begin();
  }

  async push(samples: Float32Array): Promise<Int16Array> {
    const { samplesPerFrame } = this.#pool.info;
    const parts: Int16Array[] = [];
    for (const piece of cut(samples, LARGEST_GROUP * samplesPerFrame))
      parts.push(await this.#coder.step(piece.length / samplesPerFrame, (encoder) => encoder.push(piece)));
    return joinIntegers(parts);
  }

  flush(): Promise<Int16Array> {
    return this.#coder.finish((encoder) => encoder.flush());
  }

  reset(): Promise<void> {
    return this.#coder.finish((encoder) => encoder.reset());
  }

  save(): Promise<SavedState> {
    return this.#coder.ask((encoder) => encoder.save());
  }

  restore(state: SavedState): Promise<void> {
    return this.#coder.restore(state);
  }

  close(): Promise<void> {
    return this.#coder.close();
  }
}

/** A decoder of a pool. */
export class PooledDecoder implements FrameDecoder {
  readonly #coder: PooledCoder<FrameDecoder>;
  readonly #pool: EnginePool;

  constructor(pool: EnginePool, open: (engine: Engine) => Promise<FrameDecoder>) {
    this.#pool = pool;
    this.#coder = new PooledCoder(pool, open);
  }

  /** Takes a place. */
  begin(): Promise<void> {
    return this.#coder.begin();
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const { layers } = this.#pool.info;
    const parts: Float32Array[] = [];
    for (const piece of cut(codes, LARGEST_GROUP * layers))
      parts.push(await this.#coder.step(piece.length / layers, (decoder) => decoder.push(piece)));
    return joinFloats(parts);
  }

  conceal(next?: Int16Array): Promise<Float32Array> {
    const copy = next?.slice();
    return this.#coder.step(1, (decoder) => decoder.conceal(copy));
  }

  flush(): Promise<Float32Array> {
    return this.#coder.finish((decoder) => decoder.flush());
  }

  reset(): Promise<void> {
    return this.#coder.finish((decoder) => decoder.reset());
  }

  save(): Promise<SavedState> {
    return this.#coder.ask((decoder) => decoder.save());
  }

  restore(state: SavedState): Promise<void> {
    return this.#coder.restore(state);
  }

  setGains(gains: Float32Array): Promise<void> {
    const copy = gains.slice();
    return this.#coder.step(0, (decoder) => decoder.setGains(copy));
  }

  close(): Promise<void> {
    return this.#coder.close();
  }
}

/** Copies of pieces, which the caller's memory does not change; one even where there is nothing. */
function* cut<T extends Float32Array | Int16Array>(all: T, size: number): Generator<T> {
  for (let at = 0; at === 0 || at < all.length; at += size) yield all.slice(at, at + size) as T;
}
