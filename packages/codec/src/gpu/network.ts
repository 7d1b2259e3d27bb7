/** A plan on a card: kernels compiled, weights there once for all streams. */
import { floatsOfHalves, roundToHalves } from "../bytes/float16.ts";
import { cardError, type GraphicsCard, guarded } from "./card.ts";
import { kernelOf } from "./kernels/kernel-of.ts";
import { HALVES_SCALE, type Kernel, MOST_SLOTS, STREAM_WORDS } from "./kernels/parts.ts";
import { capacityOf, type NamedWeight, type Plan, type Ring, type Step, weightBytes } from "./plan.ts";

/** A launch that was compiled. */
export interface Launch {
  readonly step: Step;
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  /** The numbers of the launch, for its kernel. */
  readonly numbers: GPUBuffer;
  /** In the order of the step's weights. */
  readonly weights: readonly GPUBuffer[];
}

/** One loaded plan. Holds no state of a stream; {@link GpuBatch} does. */
export class GpuNetwork {
  readonly card: GraphicsCard;
  readonly plan: Plan;
  /** Most frames in one run. */
  readonly group: number;
  readonly launches: readonly Launch[];
  /** Whether weights had to be rounded to 16 bits. */
  readonly isRounded: boolean;

  private constructor(card: GraphicsCard, plan: Plan, group: number, launches: readonly Launch[], isRounded: boolean) {
    this.isRounded = isRounded;
    this.card = card;
    this.plan = plan;
    this.group = group;
    this.launches = launches;
  }

  /**
   * Compiles the kernels and loads the weights, one after another.
   * @throws CodecError `runtime` where the card is too small or refuses
   */
  static async open(card: GraphicsCard, plan: Plan, group: number): Promise<GpuNetwork> {
    assertFits(card, plan, group);
    const kernels = plan.steps.map((step) => kernelOf(step, { group }));
    const pipelines = await guarded(card, () => compiled(card.device, kernels));
    const launches: Launch[] = [];
    let isRounded = false;
    const load = (weight: NamedWeight): GPUBuffer => {
      const { words, isExact } = keptWords(weight, weight.read());
      isRounded ||= !isExact;
      return filled(card.device, words);
    };
    for (const [i, step] of plan.steps.entries()) {
      const kernel = kernels[i];
      const loaded = await guarded(card, async () => ({
        numbers: filled(card.device, Uint32Array.from(Object.values(kernel.numbers)), GPU_BUFFER.uniform),
        weights: step.weights.map(load),
      }));
      launches.push({ step, kernel, pipeline: pipelines.get(kernel.code)!, ...loaded });
    }
    return new GpuNetwork(card, plan, group, launches, isRounded);
  }

  /** Bytes of the weights on the card. */
  get weightBytes(): number {
    return this.launches.reduce((sum, { weights }) => sum + weights.reduce((bytes, { size }) => bytes + size, 0), 0);
  }

  /** Bytes that each stream takes besides. */
  get slotBytes(): number {
    return this.plan.rings.reduce((sum, ring) => sum + ringBytes(ring, this.group, 1), 0);
  }

  /** Frees the weights. */
  close(): void {
    for (const { numbers, weights } of this.launches) for (const buffer of [numbers, ...weights]) buffer.destroy();
  }
}

/** Bytes of a ring for so many streams. */
export function ringBytes(ring: Ring, group: number, slots: number, doublings = 0): number {
  return slots * ring.channels * capacityOf(ring, group, doublings) * 4;
}

/** What the card keeps of a weight. */
interface KeptWords {
  readonly words: Float32Array | Uint32Array;
  /** Whether nothing was rounded. */
  readonly isExact: boolean;
  /** The numbers that kernels read. */
  floats(): Float32Array;
}

/**
 * A weight as the card keeps it.
 * @throws RangeError where a number is too large for 16 bits
 */
export function keptWords({ isHalved }: NamedWeight, content: Float32Array): KeptWords {
  if (!isHalved) return { words: content, isExact: true, floats: () => content };
  const words = new Uint32Array(Math.ceil(content.length / 2));
  const halves = new Uint16Array(words.buffer, 0, content.length);
  const isExact = roundToHalves(content, halves, HALVES_SCALE);
  for (const half of halves)
    if ((half & 0x7c00) === 0x7c00) throw new RangeError("a weight is too large for 16 bits; keep them in float32");
  return { words, isExact, floats: () => floatsOfHalves(halves).map((x) => x / HALVES_SCALE) };
}

/** A buffer that kernels read, with its content. */
export function filled(device: GPUDevice, content: Float32Array | Uint32Array, usage: number = GPU_BUFFER.storage): GPUBuffer {
  const buffer = device.createBuffer({ size: content.byteLength, usage, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  buffer.unmap();
  return buffer;
}

/** Buffers in the order of a kernel's bindings. */
export function bound(device: GPUDevice, pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
  return device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
}

/** A copy of what a buffer for reading back holds, when the card has done what was submitted. */
export async function readBack(buffer: GPUBuffer): Promise<Float32Array> {
  await buffer.mapAsync(1); // READ
  const copy = new Float32Array(buffer.getMappedRange().slice(0));
  buffer.unmap();
  return copy;
}

/**
 * Usages of buffers (WebGPU, section 5.1.2), as numbers: in Node there is no global that names them.
 */
export const GPU_BUFFER = {
  /** STORAGE, COPY_SRC, COPY_DST. */
  storage: 0x8c,
  /** UNIFORM, COPY_DST. */
  uniform: 0x48,
  /** MAP_READ, COPY_DST. */
  readBack: 0x09,
} as const;

/** Bytes of the table of streams. */
export const STREAM_TABLE_BYTES: number = MOST_SLOTS * STREAM_WORDS * 4;

/** Compiles kernels of equal text once, all at the same time. */
async function compiled(device: GPUDevice, kernels: readonly Kernel[]): Promise<ReadonlyMap<string, GPUComputePipeline>> {
  const codes = [...new Set(kernels.map(({ code }) => code))];
  const pipelines = await Promise.all(
    codes.map((code) =>
      device.createComputePipelineAsync({
        layout: "auto",
        compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
      }),
    ),
  );
  return new Map(codes.map((code, i) => [code, pipelines[i]]));
}

function assertFits(card: GraphicsCard, { steps, rings }: Plan, group: number): void {
  const { limits } = card.device;
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const largest = Math.max(...steps.flatMap(({ weights }) => weights.map(weightBytes)), ...rings.map((ring) => ringBytes(ring, group, 1)));
  if (largest > most) throw cardError(card, `its largest buffer has ${megabytes(most)} MB, the model wants ${megabytes(largest)} MB`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
