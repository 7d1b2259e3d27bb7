/** Any number of streams on a card: each has a slot while it is open, and those that wait run together. */
import { CodecError } from "../errors.ts";
import { GpuBatch, type Part } from "./batch.ts";
import type { GpuNetwork } from "./network.ts";

/** Codes of a stream on their way to sound. */
interface Job {
  readonly stream: GpuStream;
  readonly codes: Int16Array;
  readonly gains: Float32Array;
  readonly samples: Float32Array;
  /** Frames that are done. */
  done: number;
  resolve(samples: Float32Array): void;
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
   * @throws CodecError `runtime` where the card has no memory for more
   */
  join(): Promise<GpuStream> {
    const joined = this.#joining.then(() => this.#join());
    this.#joining = joined.catch(() => undefined);
    return joined;
  }

  /** Frees all. */
  close(): void {
    for (const lane of this.#lanes.splice(0)) lane.close();
  }

  async #join(): Promise<GpuStream> {
    let lane = this.#lanes.find(({ free }) => free.size > 0);
    if (!lane) {
      lane = new Lane(await GpuBatch.open(this.#network, this.#slots), this.#network, (empty) => this.#giveBack(empty));
      this.#lanes.push(lane);
    }
    const [slot] = lane.free;
    lane.free.delete(slot);
    return new GpuStream(lane, slot);
  }

  /** Frees the room of streams that have left, but for one. */
  #giveBack(empty: Lane): void {
    if (this.#lanes.length < 2) return;
    this.#lanes.splice(this.#lanes.indexOf(empty), 1);
    empty.close();
  }
}

/** Streams that share runs. */
class Lane {
  readonly batch: GpuBatch;
  readonly free: Set<number>;
  readonly #network: GpuNetwork;
  readonly #onEmpty: (lane: Lane) => void;
  #jobs: Job[] = [];
  #isRunning = false;
  /** Streams that left before their last sound was there. */
  readonly #leaving = new Set<GpuStream>();

  constructor(batch: GpuBatch, network: GpuNetwork, onEmpty: (lane: Lane) => void) {
    this.batch = batch;
    this.#network = network;
    this.#onEmpty = onEmpty;
    this.free = new Set(Array.from({ length: batch.slots }, (_, slot) => slot));
  }

  decode(stream: GpuStream, codes: Int16Array, gains: Float32Array): Promise<Float32Array> {
    const { layers, sound } = this.#network.plan;
    const samples = new Float32Array((codes.length / layers) * sound.rate);
    return new Promise((resolve, reject) => {
      this.#jobs.push({ stream, codes, gains, samples, done: 0, resolve, reject });
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
    const parts: Part[] = jobs.map(({ stream, codes, gains, done }) => ({
      slot: stream.slot,
      position: stream.position,
      codes: codes.subarray(done * plan.layers, (done + group) * plan.layers),
      gains,
    }));
    const sounds = await this.batch.run(parts);
    jobs.forEach((job, i) => {
      job.samples.set(sounds[i], job.done * plan.sound.rate);
      const frames = parts[i].codes.length / plan.layers;
      job.done += frames;
      job.stream.position += frames;
      if (job.done * plan.layers === job.codes.length) {
        this.#jobs.splice(this.#jobs.indexOf(job), 1);
        job.resolve(job.samples);
      }
    });
  }
}

/** What was asked of a stream later waits until what was asked before is done. */
function firstOfEach(jobs: readonly Job[]): Job[] {
  return jobs.filter((job, i) => jobs.findIndex(({ stream }) => stream === job.stream) === i);
}

/** One stream on a card: codes in, samples out, at once. */
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
   * Decodes any number of frames, with those of other streams that wait.
   * @param codes `[t, K]`
   * @param gains factor of each layer, `[K]`
   * @throws CodecError `runtime` where the card fails or is lost
   */
  async push(codes: Int16Array, gains: Float32Array): Promise<Float32Array> {
    return codes.length === 0 ? new Float32Array(0) : this.#lane.decode(this, codes, gains);
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
