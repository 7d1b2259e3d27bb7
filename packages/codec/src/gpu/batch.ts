/** Streams side by side on a card: one run takes frames of several of them through the network. */
import { guarded } from "./card.ts";
import { kernelOf } from "./kernels/kernel-of.ts";
import { streamTable } from "./kernels/parts.ts";
import { bound, filled, GPU_BUFFER, type GpuNetwork, type Launch, readBack, ringBytes, STREAM_TABLE_BYTES } from "./network.ts";
import { capacityOf, type Plan, type Ring } from "./plan.ts";

/** Codes `[t, K]` with the factor of each layer `[K]`, for a plan that takes codes. */
export interface CodesFeed {
  readonly codes: Int16Array;
  readonly gains: Float32Array;
}

/** Samples, for a plan that takes sound. Only the last frame of a stream may be a part of one. */
export interface SoundFeed {
  readonly samples: Float32Array;
}

/** What a stream puts in. */
export type Feed = CodesFeed | SoundFeed;

/** Frames of a feed. */
export function framesIn(feed: Feed, { layers, input }: Plan): number {
  return "codes" in feed ? feed.codes.length / layers : Math.ceil(feed.samples.length / input!.rate);
}

/** Some frames of a feed. */
export function framesOf(feed: Feed, { layers, input }: Plan, from: number, to: number): Feed {
  if ("codes" in feed) return { codes: feed.codes.subarray(from * layers, to * layers), gains: feed.gains };
  return { samples: feed.samples.subarray(from * input!.rate, to * input!.rate) };
}

/** A stream's part of a run. */
export interface Part {
  /** Where the stream lives, 0 or more. Each at most once in a run. */
  readonly slot: number;
  /** Frames that the stream has had before. */
  readonly position: number;
  /** 1 frame or more, at most the network's group. */
  readonly feed: Feed;
}

/** Room for so many streams on a card. */
export class GpuBatch {
  readonly slots: number;
  readonly #network: GpuNetwork;
  /** Steps that attention sees. */
  readonly #window: number;
  readonly #rings = new Map<Ring, GPUBuffer>();
  readonly #streams: GPUBuffer;
  readonly #codes: GPUBuffer | undefined;
  readonly #gains: GPUBuffer | undefined;
  readonly #read: GPUBuffer;
  #groups: readonly GPUBindGroup[];
  /** How often the rings of attention were made twice as long; the numbers of launches that then differ. */
  #doublings = 0;
  readonly #ownNumbers = new Map<Launch, GPUBuffer>();
  /** Slots whose past is to be forgotten before the next run. */
  readonly #stale = new Set<number>();

  private constructor(network: GpuNetwork, slots: number, window: number) {
    const { plan, group } = network;
    const { device } = network.card;
    this.slots = slots;
    this.#network = network;
    this.#window = window;
    for (const ring of plan.rings) this.#rings.set(ring, this.#buffer(ring));
    this.#streams = device.createBuffer({ size: STREAM_TABLE_BYTES, usage: GPU_BUFFER.uniform });
    if (!plan.input) {
      this.#codes = filled(device, new Uint32Array(slots * group * plan.layers));
      this.#gains = filled(device, new Float32Array(slots * plan.layers));
    }
    this.#read = device.createBuffer({ size: this.#bytes(plan.output, slots), usage: GPU_BUFFER.readBack });
    this.#groups = this.#bindAll();
  }

  /**
   * Makes room.
   * @param slots 1 to 64
   * @param window steps that attention sees, itself included
   * @throws CodecError `runtime` where the card has not enough memory
   */
  static open(network: GpuNetwork, slots: number, window: number): Promise<GpuBatch> {
    return guarded(network.card, async () => new GpuBatch(network, slots, window));
  }

  /** Whether it has more room than it began with. */
  get hasGrown(): boolean {
    return this.#doublings > 0;
  }

  /** A new stream begins in a slot: what the last one left there is forgotten. */
  clear(slot: number): void {
    this.#stale.add(slot);
  }

  /**
   * Takes frames of some streams through the network.
   * @returns what comes out for each part, `[steps, channels]`
   * @throws CodecError `runtime` where the card fails or is lost
   */
  async run(parts: readonly Part[]): Promise<Float32Array[]> {
    const { card, plan } = this.#network;
    const all = await guarded(card, async () => {
      this.#grow(parts);
      this.#write(parts);
      card.device.queue.submit([this.#commands(parts)]);
      return readBack(this.#read);
    });
    return parts.map((part) => this.#taken(all, plan.output, part.slot, part.position, this.#frames(part)));
  }

  /**
   * What a ring of one step a frame holds of a stream's newest frames, `[frames, channels]`.
   * @throws CodecError `runtime` where the card fails or is lost
   */
  async peek(ring: Ring, slot: number, position: number, frames: number): Promise<Float32Array> {
    const { card } = this.#network;
    const size = this.#bytes(ring, this.slots);
    const all = await guarded(card, async () => {
      const read = card.device.createBuffer({ size, usage: GPU_BUFFER.readBack });
      const encoder = card.device.createCommandEncoder();
      encoder.copyBufferToBuffer(this.#ring(ring), 0, read, 0, size);
      card.device.queue.submit([encoder.finish()]);
      return readBack(read).finally(() => read.destroy());
    });
    return this.#taken(all, ring, slot, position, frames);
  }

  /** Frees the room. */
  close(): void {
    const inputs = this.#codes && this.#gains ? [this.#codes, this.#gains] : [];
    for (const buffer of [...this.#rings.values(), ...this.#ownNumbers.values(), ...inputs, this.#streams, this.#read]) buffer.destroy();
  }

  #ring(ring: Ring): GPUBuffer {
    return this.#rings.get(ring)!;
  }

  #capacity(ring: Ring): number {
    return capacityOf(ring, this.#network.group, this.#doublings);
  }

  #bytes(ring: Ring, slots: number): number {
    return ringBytes(ring, this.#network.group, slots, this.#doublings);
  }

  #buffer(ring: Ring): GPUBuffer {
    return this.#network.card.device.createBuffer({ size: this.#bytes(ring, this.slots), usage: GPU_BUFFER.storage });
  }

  #frames({ feed }: Part): number {
    return framesIn(feed, this.#network.plan);
  }

  /** Frames of a ring's content, the channels of a step side by side. */
  #taken(content: Float32Array, ring: Ring, slot: number, position: number, frames: number): Float32Array {
    const { channels, rate } = ring;
    const capacity = this.#capacity(ring);
    const out = new Float32Array(frames * rate * channels);
    for (let channel = 0; channel < channels; channel++) {
      const row = (slot * channels + channel) * capacity;
      for (let t = 0; t < frames * rate; t++) out[t * channels + channel] = content[row + ((position * rate + t) % capacity)];
    }
    return out;
  }

  #bindAll(): GPUBindGroup[] {
    return this.#network.launches.map((launch) => {
      const { pipeline, step, weights } = launch;
      const numbers = this.#ownNumbers.get(launch) ?? launch.numbers;
      const inputs = step.input ? [this.#ring(step.input)] : [this.#codes!, this.#gains!];
      const added = step.residual ? [this.#ring(step.residual)] : [];
      const buffers = [this.#streams, numbers, ...inputs, this.#ring(step.output), ...weights, ...added];
      return bound(this.#network.card.device, pipeline, buffers);
    });
  }

  /** Makes the rings of attention as long as this run needs them, where streams see farther than the plan says. */
  #grow(parts: readonly Part[]): void {
    const { plan, group, launches, card } = this.#network;
    if (this.#window <= plan.window) return;
    const growing = plan.rings.filter(({ grows }) => grows);
    const steps = ({ rate }: Ring): number =>
      Math.max(...parts.map((part) => Math.min((part.position + this.#frames(part)) * rate, this.#window - 1 + group * rate)));
    const before = this.#doublings;
    while (growing.some((ring) => steps(ring) > this.#capacity(ring))) this.#doublings++;
    if (this.#doublings === before) return;
    const encoder = card.device.createCommandEncoder();
    const old = growing.map((ring) => this.#ring(ring));
    growing.forEach((ring, i) => {
      const longer = this.#buffer(ring);
      const bytes = capacityOf(ring, group, before) * 4; // until now no ring was full: step t lies at t
      for (let row = 0; row < this.slots * ring.channels; row++)
        encoder.copyBufferToBuffer(old[i], row * bytes, longer, row * this.#capacity(ring) * 4, bytes);
      this.#rings.set(ring, longer);
    });
    card.device.queue.submit([encoder.finish()]);
    for (const launch of launches.filter(({ step }) => step.output.grows || step.input?.grows)) {
      const { numbers } = kernelOf(launch.step, { group, doublings: this.#doublings });
      this.#ownNumbers.get(launch)?.destroy();
      this.#ownNumbers.set(launch, filled(card.device, Uint32Array.from(Object.values(numbers)), GPU_BUFFER.uniform));
    }
    this.#groups = this.#bindAll();
    for (const buffer of old) buffer.destroy();
  }

  /** What the kernels are told of this run. */
  #write(parts: readonly Part[]): void {
    const { card, plan, group } = this.#network;
    const { queue } = card.device;
    const table = parts.map((part) => {
      const { slot, position, feed } = part;
      const frames = this.#frames(part);
      return { slot, position, frames, samples: "samples" in feed ? feed.samples.length : 0, window: this.#window };
    });
    queue.writeBuffer(this.#streams, 0, streamTable(table));
    const { input } = plan;
    if (input) for (const slot of this.#stale) this.#writeSound(input, slot, 0, new Float32Array(this.#capacity(input)));
    parts.forEach(({ slot, position, feed }, i) => {
      if ("samples" in feed) return this.#writeSound(input!, slot, position, feed.samples);
      queue.writeBuffer(this.#codes!, i * group * plan.layers * 4, Uint32Array.from(feed.codes));
      queue.writeBuffer(this.#gains!, i * plan.layers * 4, feed.gains.slice());
    });
  }

  #writeSound(ring: Ring, slot: number, position: number, samples: Float32Array): void {
    const { queue } = this.#network.card.device;
    const capacity = this.#capacity(ring);
    const start = (position * ring.rate) % capacity;
    const untilEnd = Math.min(samples.length, capacity - start);
    queue.writeBuffer(this.#ring(ring), (slot * capacity + start) * 4, samples.slice(0, untilEnd));
    if (untilEnd < samples.length) queue.writeBuffer(this.#ring(ring), slot * capacity * 4, samples.slice(untilEnd));
  }

  /** Empties the rings of new streams, but for that of the sound, into which is written before. */
  #forget(encoder: GPUCommandEncoder): void {
    const { input } = this.#network.plan;
    for (const slot of this.#stale) {
      for (const [ring, buffer] of this.#rings) {
        const bytes = this.#bytes(ring, 1);
        if (ring.history > 0 && ring !== input) encoder.clearBuffer(buffer, slot * bytes, bytes);
      }
    }
    this.#stale.clear();
  }

  #commands(parts: readonly Part[]): GPUCommandBuffer {
    const { card, plan, launches } = this.#network;
    const encoder = card.device.createCommandEncoder();
    this.#forget(encoder);
    const frames = Math.max(...parts.map((part) => this.#frames(part)));
    const pass = encoder.beginComputePass();
    launches.forEach(({ pipeline, kernel }, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.#groups[i]);
      pass.dispatchWorkgroups(...kernel.groups(frames), parts.length);
    });
    pass.end();
    encoder.copyBufferToBuffer(this.#ring(plan.output), 0, this.#read, 0, this.#bytes(plan.output, this.slots));
    return encoder.finish();
  }
}
