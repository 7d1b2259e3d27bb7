/**
 * The self-check of a card. Drivers have been met that garble sound without a word: a sine that is
 * off, a reduction that loses a lane. So every kernel is run on drawn numbers, in the shapes in
 * which it will run, and held against double precision. Streams of any length run these same
 * shapes, round their rings, so that a short check tells of long ones.
 */
import { cardError, guarded } from "./card.ts";
import { type StreamEntry, streamTable } from "./kernels/parts.ts";
import { bound, filled, GPU_BUFFER, type GpuNetwork, keptWords, type Launch, readBack, ringBytes, STREAM_TABLE_BYTES } from "./network.ts";
import { capacityOf, type KernelShape, type NamedWeight, type Ring } from "./plan.ts";
import { expectedOutput, type Inputs, searchDistances } from "./reference.ts";

/** Least ratio of signal to error, of a kernel against double precision and of the whole network against another with its weights. */
export const LEAST_DECIBELS = 90;

/**
 * Three streams: one long under way, whose rings have wrapped, with as many frames as a run takes;
 * one that has just begun; and one whose first frame is its last, and not whole.
 */
const POSITIONS = [1_000_003, 2, 0];
const SLOTS = [1, 0, 2];
/** Share of its only frame that the last has. */
const SHARE = 0.7;
/** Numbers of the output that are compared, for each stream. */
const SAMPLES = 96;
/** Drawn numbers; longer arrays repeat them. A prime, so that no row of a matrix is that of another. */
const DRAWN = 65_521;

/**
 * Tries each kernel of a network once.
 * @throws CodecError `runtime` naming the first kernel that is wrong
 */
export async function checkKernels(network: GpuNetwork): Promise<void> {
  const tried = new Set<string>();
  for (const launch of network.launches) {
    const { code, numbers } = launch.kernel;
    const key = code + Object.values(numbers).join();
    if (tried.has(key)) continue;
    tried.add(key);
    const decibels = await tryKernel(network, launch);
    if (!(decibels >= LEAST_DECIBELS))
      throw cardError(
        network.card,
        `its ${nameOf(launch.step.shape)} is wrong (${decibels.toFixed(0)} dB, at least ${LEAST_DECIBELS} are wanted): update its driver`,
      );
  }
}

/** Ratio of the wanted signal to the error, dB; NaN where something is not finite. */
export function signalToError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [signal, error] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    signal += wanted[i] ** 2;
    error += (found[i] - wanted[i]) ** 2;
  }
  return error === 0 ? Infinity : 10 * Math.log10(signal / error);
}

function nameOf(shape: KernelShape): string {
  if (shape.kind === "convolution") return `convolution of ${shape.from} to ${shape.to} channels with ${shape.kernel} taps`;
  if (shape.kind === "rows") return `product of ${shape.from} by ${shape.to}`;
  if (shape.kind === "search") return "search for codes";
  return shape.kind;
}

/** Everything that one launch reads, drawn. */
interface Trial {
  readonly input: Float32Array | undefined;
  readonly added: Float32Array | undefined;
  readonly codes: Uint32Array;
  readonly gains: Float32Array;
  readonly weights: Readonly<Record<string, Float32Array>>;
}

async function tryKernel(network: GpuNetwork, launch: Launch): Promise<number> {
  const trial = drawTrial(network, launch);
  const output = await runOnce(network, launch, trial);
  const [found, wanted]: [number[], number[]] = [[], []];
  SLOTS.forEach((_, i) => {
    const pairs = launch.step.shape.kind === "search" ? searchPairs : outputPairs;
    for (const [one, other] of pairs(network, launch, trial, output, i)) {
      found.push(one);
      wanted.push(other);
    }
  });
  return signalToError(found, wanted);
}

/** Numbers of one stream's output, as they were found and as they should be. */
function outputPairs(network: GpuNetwork, launch: Launch, trial: Trial, output: Float32Array, stream: number): [number, number][] {
  const { step } = launch;
  const inputs = inputsOf(network, launch, trial, stream);
  const random = generator(1 + stream);
  const steps = entryOf(network, launch, stream).frames * step.output.rate;
  return Array.from({ length: SAMPLES }, (_, n) => {
    const channel = n === 0 ? step.output.channels - 1 : Math.floor(random() * step.output.channels);
    const at = n === 0 ? steps - 1 : Math.floor(random() * steps);
    const place = indexIn(step.output, network.group, SLOTS[stream], channel, POSITIONS[stream] * step.output.rate + at);
    return [output[place], expectedOutput(step, inputs, channel, at)];
  });
}

/** How far the entries of a stream's newest codes are, and how far the nearest. */
function searchPairs(network: GpuNetwork, launch: Launch, trial: Trial, output: Float32Array, stream: number): [number, number][] {
  const { step } = launch;
  if (step.shape.kind !== "search") return [];
  const inputs = inputsOf(network, launch, trial, stream);
  const at = entryOf(network, launch, stream).frames - 1;
  const code = (layer: number): number => output[indexIn(step.output, network.group, SLOTS[stream], layer, POSITIONS[stream] + at)];
  const distances = searchDistances(step.shape, (channel) => inputs.input(channel, at), code, trial.weights["books"]);
  return distances.map(({ taken, nearest }) => [taken, nearest]);
}

function entryOf({ group, plan }: GpuNetwork, { step }: Launch, stream: number): StreamEntry {
  const { shape } = step;
  const frames = stream === 0 ? group : 1;
  return {
    slot: SLOTS[stream],
    position: POSITIONS[stream],
    frames,
    samples: Math.ceil((plan.input?.rate ?? 0) * (stream === 2 ? SHARE : frames)),
    window: shape.kind === "attention" ? shape.window : 1,
  };
}

function indexIn(ring: Ring, group: number, slot: number, channel: number, at: number): number {
  const capacity = capacityOf(ring, group);
  return (slot * ring.channels + channel) * capacity + (((at % capacity) + capacity) % capacity);
}

function drawTrial(network: GpuNetwork, { step }: Launch): Trial {
  const { group, plan } = network;
  const random = generator(0);
  const table = Float32Array.from({ length: DRAWN }, () => 2 * random() - 1);
  const drawn = (length: number, scale: number, offset = 0): Float32Array => repeated(table, length, scale, offset);
  const content = (ring: Ring | undefined): Float32Array | undefined => ring && drawn(ringBytes(ring, group, SLOTS.length) / 4, 1);
  const { shape } = step;
  const taps = shape.kind === "convolution" ? shape.kernel * shape.stride : 1;
  const fanIn = "from" in shape ? shape.from * taps : 1;
  const draw = ({ name, length }: NamedWeight): Float32Array => {
    if (name === "w") return drawn(length, 1.5 / Math.sqrt(fanIn));
    if (name === "snake") return drawn(length, 1).map((x, i) => (i < length / 2 ? 300 ** ((x + 1) / 2) : x)); // angles far outside of one period, too
    return drawn(length, 0.5, 0.5);
  };
  const weights = Object.fromEntries(step.weights.map((weight) => [weight.name, keptWords(weight, draw(weight)).floats()]));
  const entries = shape.kind === "lookup" ? shape.entries : 1;
  return {
    input: content(step.input),
    added: content(step.residual),
    codes: Uint32Array.from({ length: SLOTS.length * group * plan.layers }, () => Math.floor(random() * entries)),
    gains: Float32Array.from({ length: SLOTS.length * plan.layers }, random),
    weights,
  };
}

/** The table again and again, times one number plus another. */
function repeated(table: Float32Array, length: number, scale: number, offset: number): Float32Array {
  const scaled = table.map((x) => scale * x + offset);
  const out = new Float32Array(length);
  for (let at = 0; at < length; at += scaled.length) out.set(scaled.subarray(0, Math.min(scaled.length, length - at)), at);
  return out;
}

/** One launch with buffers of its own; gives the whole ring of the output. */
async function runOnce(network: GpuNetwork, launch: Launch, trial: Trial): Promise<Float32Array> {
  const { step, pipeline, numbers, kernel } = launch;
  const { card, group } = network;
  const { device } = card;
  const bytes = ringBytes(step.output, group, SLOTS.length);
  const table = streamTable(SLOTS.map((_, stream) => entryOf(network, launch, stream)));
  const buffers: GPUBuffer[] = [];
  const kept = (buffer: GPUBuffer): GPUBuffer => {
    buffers.push(buffer);
    return buffer;
  };
  return guarded(card, async () => {
    const streams = kept(device.createBuffer({ size: STREAM_TABLE_BYTES, usage: GPU_BUFFER.uniform }));
    device.queue.writeBuffer(streams, 0, table);
    const output = kept(device.createBuffer({ size: bytes, usage: GPU_BUFFER.storage }));
    const read = kept(device.createBuffer({ size: bytes, usage: GPU_BUFFER.readBack }));
    const contents = (trial.input ? [trial.input] : [trial.codes, trial.gains]).map((content) => kept(filled(device, content)));
    const weights = step.weights.map((weight) => keptWords(weight, trial.weights[weight.name]).words);
    const rest = [...weights, ...(trial.added ? [trial.added] : [])];
    const entries = [streams, numbers, ...contents, output, ...rest.map((content) => kept(filled(device, content)))];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bound(device, pipeline, entries));
    pass.dispatchWorkgroups(...kernel.groups(group), SLOTS.length);
    pass.end();
    encoder.copyBufferToBuffer(output, 0, read, 0, bytes);
    device.queue.submit([encoder.finish()]);
    return readBack(read);
  }).finally(() => {
    for (const buffer of buffers) buffer.destroy();
  });
}

function inputsOf(network: GpuNetwork, launch: Launch, trial: Trial, stream: number): Inputs {
  const { group, plan } = network;
  const { step } = launch;
  const read = (ring: Ring | undefined, content: Float32Array | undefined) => (channel: number, at: number) =>
    ring && content ? content[indexIn(ring, group, SLOTS[stream], channel, POSITIONS[stream] * ring.rate + at)] : 0;
  return {
    input: read(step.input, trial.input),
    added: read(step.residual, trial.added),
    code: (layer, at) => trial.codes[(stream * group + at) * plan.layers + layer],
    gain: (layer) => trial.gains[stream * plan.layers + layer],
    seen: POSITIONS[stream],
    samples: entryOf(network, launch, stream).samples,
    weights: trial.weights,
  };
}

/** Numbers in [0, 1) that follow from a seed: mulberry32 (Tommy Ettinger, public domain). */
function generator(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
