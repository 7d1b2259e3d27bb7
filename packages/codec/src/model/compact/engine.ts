/**
 * The compact model as an {@link Engine}: spectra and phases in TypeScript around the two networks.
 */
import { joinFloats } from "../../bytes/join.ts";
import { ConcealingDecoder } from "../concealing-decoder.ts";
import { allLayers, gainTensor } from "../gains.ts";
import { LogBands } from "../../dsp/log-bands.ts";
import { RealFft } from "../../dsp/fft.ts";
import { BINS, HOP, WINDOW_SIZE } from "../../dsp/frames.ts";
import { MagnitudeStream } from "../../dsp/magnitude-stream.ts";
import { PhaseStream, type PhaseStreamState } from "../../dsp/phase-stream.ts";
import type { ModelInfo } from "../../codes/model-info.ts";
import type { Engine, FrameDecoder, FrameEncoder, SavedState } from "../../runtime/engine.ts";
import type { Graph, WeightSource } from "../../graph/builder.ts";
import type { Backend, Tensor, TensorMap } from "../../runtime/session.ts";
import type { FrameRange, TrialInput } from "../../runtime/exactness.ts";
import { rowsAreExact } from "../../runtime/exactness.ts";
import { StatefulSession } from "../../runtime/session.ts";
import type { OpenedModel } from "../family.ts";
import { loadNetwork, type Network } from "../load-network.ts";
import type { ModelWeights } from "../weights.ts";
import type { CompactConfig } from "./config.ts";
import { buildCompactDecoder, buildCompactEncoder, STEPS_PER_FRAME } from "./networks.ts";
import { LatentPredictor } from "./latent-predictor.ts";

/** Samples in a codec frame. */
const FRAME = STEPS_PER_FRAME * HOP;
/** Most frames that a network computes at once: bounds memory, and fills the matrix units. */
const LARGEST_GROUP = 25;
/** Samples of the first windows that lie before the clip. */
const LEAD = WINDOW_SIZE - HOP;

/** A loaded network, and how many frames it may compute at once. */
interface CompactNetwork extends Network {
  /** Most frames to run at once: 1 where the backend's rows depend on how many there are. */
  readonly group: number;
}

/** What encoders and decoders share. */
interface Shared {
  readonly config: CompactConfig;
  readonly bands: LogBands;
  readonly fft: RealFft;
}

/** One open compact model on ONNX Runtime. */
export class CompactEngine implements Engine {
  readonly info: ModelInfo;
  readonly #shared: Shared;
  readonly #weights: ModelWeights;
  readonly #backend: Backend;
  readonly #predictor: (() => Promise<LatentPredictor>) | undefined;
  #encoder: Promise<CompactNetwork> | undefined;
  #decoder: Promise<CompactNetwork> | undefined;

  private constructor(info: ModelInfo, shared: Shared, weights: ModelWeights, backend: Backend) {
    this.info = info;
    this.#shared = shared;
    this.#weights = weights;
    this.#backend = backend;
    this.#predictor = LatentPredictor.of(shared.config, weights);
  }

  /** Opens a model whose weights were checked. */
  static async open(info: ModelInfo, { config, weights, backend }: OpenedModel<CompactConfig>): Promise<Engine> {
    const bands = new LogBands(config.bands, config.singleBins, config.floor);
    const fft = await RealFft.create(WINDOW_SIZE);
    return new CompactEngine(info, { config, bands, fft }, weights, backend);
  }

  async openEncoder(): Promise<FrameEncoder> {
    this.#encoder ??= this.#load(buildCompactEncoder, (frames) => encoderTrial(this.#shared.config, frames));
    return new CompactEncoder(this.#shared, await this.#encoder);
  }

  async openDecoder(): Promise<FrameDecoder> {
    this.#decoder ??= this.#load(buildCompactDecoder, (frames) => decoderTrial(this.#shared.config, frames));
    return new ConcealingDecoder(new CompactDecoder(this.#shared, await this.#decoder), this.info.layers, this.#predictor);
  }

  async close(): Promise<void> {
    const loaded = await Promise.allSettled([this.#encoder, this.#decoder]); // one that failed to load has nothing to free
    await Promise.all(loaded.map((network) => (network.status === "fulfilled" ? network.value?.session.close() : undefined)));
  }

  async #load(build: (config: CompactConfig, weights: WeightSource) => Graph, trial: TrialInput): Promise<CompactNetwork> {
    const network = await loadNetwork(this.#backend, this.#weights, (source) => build(this.#shared.config, source), false);
    const exact = await rowsAreExact(new StatefulSession(network.session, network.states), trial, LARGEST_GROUP);
    return { ...network, group: exact ? LARGEST_GROUP : 1 };
  }
}

interface CompactEncoderState {
  readonly rest: Float32Array;
  readonly past: Float32Array;
  readonly network: TensorMap;
}

interface CompactDecoderState {
  readonly skip: number;
  readonly gains: Tensor;
  readonly phases: PhaseStreamState;
  readonly network: TensorMap;
}

/** Samples -> log bands -> codes. */
class CompactEncoder implements FrameEncoder {
  readonly #shared: Shared;
  readonly #spectra: MagnitudeStream;
  readonly #network: StatefulSession;
  readonly #group: number;
  readonly #magnitudes = new Float64Array(BINS);
  /** Samples of the frame that is not whole yet. */
  #rest = new Float32Array(0);

  constructor(shared: Shared, { session, states, group }: CompactNetwork) {
    this.#group = group;
    this.#shared = shared;
    this.#spectra = new MagnitudeStream(shared.fft);
    this.#network = new StatefulSession(session, states);
  }

  async push(samples: Float32Array): Promise<Int16Array> {
    const all = joinFloats([this.#rest, samples]);
    const whole = all.length - (all.length % FRAME);
    this.#rest = all.slice(whole);
    const codes = new Int16Array((whole / FRAME) * this.#shared.config.layers);
    for (let at = 0; at < whole; at += this.#group * FRAME) {
      const piece = all.subarray(at, Math.min(whole, at + this.#group * FRAME));
      codes.set(await this.#encode(piece), (at / FRAME) * this.#shared.config.layers);
    }
    return codes;
  }

  async flush(): Promise<Int16Array> {
    const missing = (FRAME - (this.#rest.length % FRAME)) % FRAME;
    const codes = await this.push(new Float32Array(missing));
    await this.reset();
    return codes;
  }

  async reset(): Promise<void> {
    this.#rest = new Float32Array(0);
    this.#spectra.reset();
    this.#network.reset();
  }

  async save(): Promise<SavedState> {
    return { rest: this.#rest.slice(), past: this.#spectra.past, network: this.#network.state } satisfies CompactEncoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { rest, past, network } = state as CompactEncoderState;
    this.#rest = rest.slice();
    this.#spectra.past = past;
    this.#network.state = network;
  }

  async close(): Promise<void> {}

  /** Whole frames of one group. */
  async #encode(samples: Float32Array): Promise<Int16Array> {
    const { bands } = this.#shared;
    const steps = samples.length / HOP;
    const data = new Float32Array(steps * bands.bands);
    for (let t = 0; t < steps; t++) {
      this.#spectra.step(samples.subarray(t * HOP, (t + 1) * HOP), this.#magnitudes);
      bands.fromMagnitudes(this.#magnitudes, data.subarray(t * bands.bands, (t + 1) * bands.bands));
    }
    const { codes } = await this.#network.run({ bands: { type: "float32", dims: [steps, bands.bands], data } });
    return Int16Array.from(codes.data as BigInt64Array, Number);
  }
}

/** Codes -> log bands and priorities -> magnitudes -> samples. */
class CompactDecoder implements Omit<FrameDecoder, "conceal"> {
  readonly #shared: Shared;
  readonly #phases: PhaseStream;
  readonly #network: StatefulSession;
  readonly #group: number;
  readonly #rows = Array.from({ length: STEPS_PER_FRAME }, () => ({
    magnitudes: new Float64Array(BINS),
    priority: new Int32Array(BINS),
  }));
  #gains: Tensor;
  /** Samples of the lead that are still to be left out. */
  #skip = LEAD;

  constructor(shared: Shared, { session, states, group }: CompactNetwork) {
    this.#group = group;
    this.#shared = shared;
    this.#phases = new PhaseStream(shared.fft, shared.config);
    this.#network = new StatefulSession(session, states);
    this.#gains = allLayers(shared.config.layers);
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const groupSize = this.#group * this.#shared.config.layers;
    const pieces: Float32Array[] = [];
    for (let at = 0; at < codes.length; at += groupSize) pieces.push(...(await this.#decode(codes.subarray(at, at + groupSize))));
    return this.#trimmed(joinFloats(pieces));
  }

  async flush(): Promise<Float32Array> {
    const rest = this.#skip === LEAD ? new Float32Array(0) : this.#trimmed(this.#phases.flush());
    await this.reset();
    return rest;
  }

  async reset(): Promise<void> {
    this.#skip = LEAD;
    this.#gains = allLayers(this.#shared.config.layers);
    this.#phases.reset();
    this.#network.reset();
  }

  async setGains(gains: Float32Array): Promise<void> {
    this.#gains = gainTensor(gains.slice());
  }

  async save(): Promise<SavedState> {
    const { state: phases } = this.#phases;
    return { skip: this.#skip, gains: this.#gains, phases, network: this.#network.state } satisfies CompactDecoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { skip, gains, phases, network } = state as CompactDecoderState;
    this.#skip = skip;
    this.#gains = gains;
    this.#phases.state = phases;
    this.#network.state = network;
  }

  async close(): Promise<void> {}

  async #decode(codes: Int16Array): Promise<Float32Array[]> {
    const { layers } = this.#shared.config;
    const dims = [codes.length / layers, layers];
    const outputs = await this.#network.run({
      codes: { type: "int64", dims, data: BigInt64Array.from(codes, BigInt) },
      gains: this.#gains,
    });
    const bands = outputs["bands"].data as Float32Array;
    const priority = outputs["priority"].data as Int32Array;
    return Array.from({ length: dims[0] }, (_, t) => this.#synthesize(bands, priority, t));
  }

  #synthesize(bands: Float32Array, priority: Int32Array, frame: number): Float32Array {
    const width = this.#shared.bands.bands;
    this.#rows.forEach((row, i) => {
      const at = (frame * STEPS_PER_FRAME + i) * width;
      this.#shared.bands.toMagnitudes(bands.subarray(at, at + width), row.magnitudes);
      this.#shared.bands.toPriorities(priority.subarray(at, at + width), row.priority);
    });
    return this.#phases.push(this.#rows);
  }

  #trimmed(samples: Float32Array): Float32Array {
    const cut = Math.min(this.#skip, samples.length);
    this.#skip -= cut;
    return samples.subarray(cut);
  }
}

/** Log bands that rise and fall, for {@link rowsAreExact}. */
function encoderTrial({ bands }: CompactConfig, frames: FrameRange): TensorMap {
  const steps = (frames.end - frames.start) * STEPS_PER_FRAME;
  const first = frames.start * STEPS_PER_FRAME * bands;
  const data = Float32Array.from({ length: steps * bands }, (_, i) => 3 * Math.sin((first + i) * 0.7 + Math.sin((first + i) * 0.01)) - 1);
  return { bands: { type: "float32", dims: [steps, bands], data } };
}

/** Codes from all over the codebooks, for {@link rowsAreExact}. */
function decoderTrial({ layers, codebookSize }: CompactConfig, frames: FrameRange): TensorMap {
  const first = frames.start * layers;
  const data = BigInt64Array.from({ length: (frames.end - frames.start) * layers }, (_, i) => BigInt(((first + i) * 7919) % codebookSize));
  return { codes: { type: "int64", dims: [frames.end - frames.start, layers], data }, gains: allLayers(layers) };
}
