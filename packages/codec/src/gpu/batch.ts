/** Streams side by side on a card: one run takes frames of several of them through the network. */
import { guarded } from "./card.ts";
import { bound, filled, GPU_BUFFER, type GpuNetwork, readBack, ringBytes, STREAM_TABLE_BYTES } from "./network.ts";
import { STREAM_WORDS } from "./kernels/parts.ts";
import { capacityOf, type Ring } from "./plan.ts";

/** A stream's part of a run. */
export interface Part {
  /** Where the stream lives, 0 or more. Each at most once in a run. */
  readonly slot: number;
  /** Frames that the stream has had before. */
  readonly position: number;
  /** `[t, K]`, t from 1 to the network's group. */
  readonly codes: Int16Array;
  /** Factor of each layer, `[K]`. */
  readonly gains: Float32Array;
}

/** No window of attention is longer, and no count of steps overflows. */
const MOST_SEEN = 2 ** 20;

/** Room for so many streams on a card. */
export class GpuBatch {
  readonly slots: number;
  readonly #network: GpuNetwork;
  readonly #rings: ReadonlyMap<Ring, GPUBuffer>;
  readonly #streams: GPUBuffer;
  readonly #codes: GPUBuffer;
  readonly #gains: GPUBuffer;
  readonly #sound: GPUBuffer;
  readonly #groups: readonly GPUBindGroup[];
  /** Slots whose past is to be forgotten before the next run. */
  readonly #stale = new Set<number>();

  private constructor(network: GpuNetwork, slots: number) {
    const { card, plan, group } = network;
    const { device } = card;
    this.slots = slots;
    this.#network = network;
    this.#rings = new Map(
      plan.rings.map((ring) => [ring, device.createBuffer({ size: ringBytes(ring, group, slots), usage: GPU_BUFFER.storage })]),
    );
    this.#streams = device.createBuffer({ size: STREAM_TABLE_BYTES, usage: GPU_BUFFER.uniform });
    this.#codes = filled(device, new Uint32Array(slots * group * plan.layers));
    this.#gains = filled(device, new Float32Array(slots * plan.layers));
    this.#sound = device.createBuffer({ size: ringBytes(plan.sound, group, slots), usage: GPU_BUFFER.readBack });
    this.#groups = network.launches.map(({ pipeline, numbers, step, weights }) => {
      const inputs = step.input ? [this.#ring(step.input)] : [this.#codes, this.#gains];
      const added = step.residual ? [this.#ring(step.residual)] : [];
      const buffers = [this.#streams, numbers, ...inputs, this.#ring(step.output), ...weights, ...added];
      return bound(device, pipeline, buffers);
    });
  }

  /**
   * Makes room.
   * @param slots 1 to 64
   * @throws CodecError `runtime` where the card has not enough memory
   */
  static open(network: GpuNetwork, slots: number): Promise<GpuBatch> {
    return guarded(network.card, async () => new GpuBatch(network, slots));
  }

  /** A new stream begins in a slot: what the last one left there is forgotten. */
  clear(slot: number): void {
    this.#stale.add(slot);
  }

  /**
   * Takes frames of some streams through the network.
   * @returns the samples of each part
   * @throws CodecError `runtime` where the card fails or is lost
   */
  async run(parts: readonly Part[]): Promise<Float32Array[]> {
    const { card, plan, group } = this.#network;
    const all = await guarded(card, async () => {
      this.#write(parts);
      card.device.queue.submit([this.#commands(parts)]);
      return readBack(this.#sound);
    });
    const { rate } = plan.sound;
    const capacity = capacityOf(plan.sound, group);
    return parts.map(({ slot, position, codes }) => {
      const ring = all.subarray(slot * capacity, (slot + 1) * capacity);
      const start = (position * rate) % capacity;
      const length = (codes.length / plan.layers) * rate;
      const out = new Float32Array(length);
      const untilEnd = Math.min(length, capacity - start);
      out.set(ring.subarray(start, start + untilEnd));
      out.set(ring.subarray(0, length - untilEnd), untilEnd);
      return out;
    });
  }

  /** Frees the room. */
  close(): void {
    for (const buffer of [...this.#rings.values(), this.#streams, this.#codes, this.#gains, this.#sound]) buffer.destroy();
  }

  #ring(ring: Ring): GPUBuffer {
    return this.#rings.get(ring)!;
  }

  /** What the kernels are told of this run. */
  #write(parts: readonly Part[]): void {
    const { card, plan, group } = this.#network;
    const streams = new Uint32Array(parts.length * STREAM_WORDS);
    const codes = new Uint32Array(parts.length * group * plan.layers);
    const gains = new Float32Array(parts.length * plan.layers);
    parts.forEach((part, i) => {
      const frames = part.codes.length / plan.layers;
      streams.set([part.slot, part.position % 2 ** 32, frames, Math.min(part.position, MOST_SEEN)], i * STREAM_WORDS);
      codes.set(part.codes, i * group * plan.layers);
      gains.set(part.gains, i * plan.layers);
    });
    const { queue } = card.device;
    queue.writeBuffer(this.#streams, 0, streams);
    queue.writeBuffer(this.#codes, 0, codes);
    queue.writeBuffer(this.#gains, 0, gains);
  }

  #commands(parts: readonly Part[]): GPUCommandBuffer {
    const { card, plan, group, launches } = this.#network;
    const encoder = card.device.createCommandEncoder();
    for (const slot of this.#stale) {
      for (const [ring, buffer] of this.#rings) {
        const bytes = ringBytes(ring, group, 1);
        if (ring.history > 0) encoder.clearBuffer(buffer, slot * bytes, bytes);
      }
    }
    this.#stale.clear();
    const frames = Math.max(...parts.map(({ codes }) => codes.length / plan.layers));
    const pass = encoder.beginComputePass();
    launches.forEach(({ pipeline, kernel }, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.#groups[i]);
      pass.dispatchWorkgroups(...kernel.groups(frames), parts.length);
    });
    pass.end();
    encoder.copyBufferToBuffer(this.#ring(plan.sound), 0, this.#sound, 0, ringBytes(plan.sound, group, this.slots));
    return encoder.finish();
  }
}
