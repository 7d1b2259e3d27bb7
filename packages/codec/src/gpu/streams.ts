/** Any number of streams on a card: each has a slot while it is open, and those that wait run together. */
import { CodecError } from "../errors.ts";
import { type Feed, framesIn, framesOf, GpuBatch, type Part } from "./batch.ts";
import type { GpuNetwork } from "./network.ts";
import type { Ring } from "./plan.ts";

/** Frames of a stream on their way through the network. */
interface Job {
  readonly stream: GpuStream;
  readonly feed: Feed;
  readonly frames: number;
  readonly output: Float32Array;
  /** Frames that are done. */
  done: number;
  resolve(output: Float32Array): void;
  reject(error: unknown): void;
}

/** The streams of one network. */
export class GpuStreams {
  readonly #network: GpuNetwork;
  readonly #slots: number;
  readonly #lanes: Lane[] = [];
  /** Those who come at the same time do not each make room. */
  #joining: Promise<unknown> = Promise.resolve();

  /** @param slots streams that share one run */
  constructor(network: GpuNetwork, slots: number) {
    this.#network = network;
    this.#slots = slots;
  }

  /**
   * A new stream.
   * @param window steps that attention sees, itself included. Default: as the plan says. Those that
   * see farther share no runs: each needs more memory as it goes on.
   * @throws CodecError `runtime` where the card has no memory for more
   */
  join(window: number = this.#network.plan.window): Promise<GpuStream> {
    const joined = this.#joining.then(() => this.#join(window));
    this.#joining = joined.catch(() => undefined);
    return joined;
  }

  /** Frees all. */
  close(): void {
    for (const lane of this.#lanes.splice(0)) lane.close();
  }

  async #join(window: number): Promise<GpuStream> {
    const isShared = window <= this.#network.plan.window;
    let lane = this.#lanes.find((one) => one.window === window && one.free.size > 0);
    if (!lane) {
      const slots = isShared ? this.#slots : 1;
      const batch = await GpuBatch.open(this.#network, slots, window);
      lane = new Lane(batch, this.#network, window, (empty) => this.#giveBack(empty));
      this.#lanes.push(lane);
    }
    const [slot] = lane.free;
    lane.free.delete(slot);
    return new GpuStream(lane, slot);
  }

  /** Frees the room of streams that have left, but for one; that which has grown always. */
  #giveBack(empty: Lane): void {
    if (this.#lanes.length < 2 && !empty.batch.hasGrown) return;
    this.#lanes.splice(this.#lanes.indexOf(empty), 1);
    empty.close();
  }
}

/** Streams that share runs. */
class Lane {
  readonly batch: GpuBatch;
  readonly window: number;
  readonly free: Set<number>;
  readonly #network: GpuNetwork;
  readonly #onEmpty: (lane: Lane) => void;
  #jobs: Job[] = [];
  #isRunning = false;
  /** Streams that left before their last sound was there. */
  readonly #leaving = new Set<GpuStream>();

  constructor(batch: GpuBatch, network: GpuNetwork, window: number, onEmpty: (lane: Lane) => void) {
    this.batch = batch;
    this.window = window;
    this.#network = network;
    this.#onEmpty = onEmpty;
    this.free = new Set(Array.from({ length: batch.slots }, (_, slot) => slot));
  }

  push(stream: GpuStream, feed: Feed): Promise<Float32Array> {
    const { plan } = this.#network;
    const frames = framesIn(feed, plan);
    const output = new Float32Array(frames * plan.output.rate * plan.output.channels);
    if (frames === 0) return Promise.resolve(output);
    return new Promise((resolve, reject) => {
      this.#jobs.push({ stream, feed, frames, output, done: 0, resolve, reject });
      if (!this.#isRunning) void this.#runAll();
    });
  }

  /** Gives the slot of a stream to others, once what was asked of it is done. */
  leave(stream: GpuStream): void {
    this.#leaving.add(stream);
    this.#freeSlots();
  }

  close(): void {
    this.batch.close();
    const error = new CodecError("closed", "Cannot use a codec after close(): open it again");
    for (const { reject } of this.#jobs.splice(0)) reject(error);
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve(); // those who come in the same turn run together
    while (this.#jobs.length > 0) {
      const jobs = firstOfEach(this.#jobs);
      try {
        await this.#runOnce(jobs);
      } catch (error) {
        this.#jobs = this.#jobs.filter((job) => !jobs.includes(job));
        for (const { reject } of jobs) reject(error);
      }
      this.#freeSlots();
    }
    this.#isRunning = false;
  }

  #freeSlots(): void {
    const left = [...this.#leaving].filter((stream) => !this.#jobs.some((job) => job.stream === stream));
    for (const stream of left) {
      this.#leaving.delete(stream);
      this.free.add(stream.slot);
    }
    if (left.length > 0 && this.free.size === this.batch.slots) this.#onEmpty(this);
  }

  /** The next frames of each job, in one run. */
  async #runOnce(jobs: readonly Job[]): Promise<void> {
    const { plan, group } = this.#network;
    const parts: Part[] = jobs.map(({ stream, feed, done }) => ({
      slot: stream.slot,
      position: stream.position,
      feed: framesOf(feed, plan, done, done + group),
    }));
    const outputs = await this.batch.run(parts);
    jobs.forEach((job, i) => {
      job.output.set(outputs[i], job.done * plan.output.rate * plan.output.channels);
      const frames = framesIn(parts[i].feed, plan);
      job.done += frames;
      job.stream.position += frames;
      if (job.done === job.frames) {
        this.#jobs.splice(this.#jobs.indexOf(job), 1);
        job.resolve(job.output);
      }
    });
  }
}

/** What was asked of a stream later waits until what was asked before is done. */
function firstOfEach(jobs: readonly Job[]): Job[] {
  return jobs.filter((job, i) => jobs.findIndex(({ stream }) => stream === job.stream) === i);
}

/** One stream on a card: codes in and samples out, or samples in and codes out, at once. */
export class GpuStream {
  /** Its place among those that share its runs. */
  readonly slot: number;
  /** Frames so far. */
  position = 0;
  readonly #lane: Lane;

  constructor(lane: Lane, slot: number) {
    this.#lane = lane;
    this.slot = slot;
    lane.batch.clear(slot);
  }

  /**
   * Takes any number of frames through the network, with those of other streams that wait.
   * @returns samples, or codes `[t, K]`
   * @throws CodecError `runtime` where the card fails or is lost
   */
  push(feed: Feed): Promise<Float32Array> {
    return this.#lane.push(this, feed);
  }

  /** What a ring of one step a frame holds of the newest frames, at most those of one run, `[frames, channels]`. */
  peek(ring: Ring, frames: number): Promise<Float32Array> {
    return this.#lane.batch.peek(ring, this.slot, this.position - frames, frames);
  }

  /** As new. */
  reset(): void {
    this.position = 0;
    this.#lane.batch.clear(this.slot);
  }

  /** Gives the slot to others. The stream is not used again. */
  leave(): void {
    this.#lane.leave(this);
  }
}
