/** Qwen3-TTS-Tokenizer-12Hz as an {@link Engine}. */
import { joinFloats } from "../../bytes/join.ts";
import { ConcealingDecoder } from "../concealing-decoder.ts";
import { allLayers, gainTensor } from "../gains.ts";
import type { Attention } from "../../codes/codes-spec.ts";
import type { ModelInfo } from "../../codes/model-info.ts";
import type { DecoderOptions, EncoderOptions, Engine, FrameDecoder, FrameEncoder, SavedState } from "../../runtime/engine.ts";
import { messageOf } from "../../errors.ts";
import type { GraphicsRequest } from "../../gpu/card.ts";
import type { Graph, WeightSource } from "../../graph/builder.ts";
import type { Backend, Tensor, TensorMap } from "../../runtime/session.ts";
import { StatefulSession } from "../../runtime/session.ts";
import type { OpenedModel } from "../family.ts";
import { ModelCard } from "../graphics-card.ts";
import { GraphicsDecoders } from "../graphics-decoders.ts";
import { GraphicsEncoders } from "../graphics-encoders.ts";
import { loadNetwork, type Network } from "../load-network.ts";
import { type ModelWeights, weightNames } from "../weights.ts";
import type { PublishedConfig } from "./config.ts";
import { buildPublishedDecoder } from "./decoder.ts";
import { buildPublishedEncoder } from "./encoder.ts";
import { planPublishedDecoder } from "./graphics-decoder-plan.ts";
import { planPublishedEncoder } from "./graphics-encoder-plan.ts";

/**
 * Most frames that a network computes at once: bounds memory, and keeps the pieces of the wave
 * decoder in the processor's caches.
 */
const DECODE_GROUP = 8;
const ENCODE_GROUP = 8;
/**
 * Steps of 25 Hz that attention can see on a graphics card: max_position_embeddings of the encoder,
 * 320 s, beyond which clips are encoded with a window.
 */
const LONGEST_WINDOW = 8000;
/** More steps than any clip has. */
const NO_WINDOW = 2 ** 40;
/**
 * How the published package cuts long codes (qwen-tts 0.1.1, chunked_decode): frames of a piece,
 * and frames of the piece before that are decoded again to its left.
 */
const REFERENCE_CHUNK = 300;
const REFERENCE_CONTEXT = 25;

const BUILD = { encoder: buildPublishedEncoder, decoder: buildPublishedDecoder };
type Half = keyof typeof BUILD;

/** One open published model. */
export class PublishedEngine implements Engine {
  info: ModelInfo;
  readonly #config: PublishedConfig;
  readonly #weights: ModelWeights;
  readonly #backend: Backend;
  readonly #networks = new Map<Half, Promise<Network>>();
  #card: ModelCard | undefined;
  #decoders: GraphicsDecoders | undefined;
  /** Undefined inside where the card is not used. */
  #encoders: Promise<GraphicsEncoders | undefined> | undefined;

  private constructor(name: string, { config, origin, weights, backend }: OpenedModel<PublishedConfig>) {
    this.info = {
      ...origin,
      name,
      sampleRate: config.sampleRate,
      frameRate: config.sampleRate / config.samplesPerFrame,
      samplesPerFrame: config.samplesPerFrame,
      layers: config.layers,
      codebookSize: config.decoder.codebookSize,
      decodeDelaySamples: 0,
    };
    this.#config = config;
    this.#weights = weights;
    this.#backend = backend;
  }

  /**
   * @param name what the model is called in token files
   * @throws CodecError `runtime` where a graphics card is required and cannot be used
   */
  static async open(name: string, model: OpenedModel<PublishedConfig>): Promise<PublishedEngine> {
    const engine = new PublishedEngine(name, model);
    const request = model.backend.graphics;
    if (request) await engine.#openGraphics(request);
    return engine;
  }

  async openEncoder({ attention = "windowed" }: EncoderOptions = {}): Promise<FrameEncoder> {
    this.#encoders ??= this.#openEncoders();
    const encoders = await this.#encoders;
    return encoders ? encoders.openEncoder(attention) : this.#encoderOnProcessor(attention);
  }

  async openDecoder({ chunking = "exact" }: DecoderOptions = {}): Promise<FrameDecoder> {
    const decoder = await (this.#decoders ? this.#decoders.openDecoder() : this.#decoderOnProcessor());
    return new ConcealingDecoder(chunking === "exact" ? decoder : new ChunkedDecoder(decoder, this.#config), this.info.layers);
  }

  async close(): Promise<void> {
    await this.#encoders?.catch(() => undefined);
    this.#card?.close();
    const loaded = await Promise.allSettled(this.#networks.values()); // one that failed to load has nothing to free
    await Promise.all(loaded.map((network) => (network.status === "fulfilled" ? network.value.session.close() : undefined)));
  }

  async #decoderOnProcessor(): Promise<PublishedDecoder> {
    return new PublishedDecoder(this.#config, await this.#load("decoder"));
  }

  async #encoderOnProcessor(attention: Attention): Promise<PublishedEncoder> {
    const network = await this.#load("encoder");
    return new PublishedEncoder(this.#config, network, attention === "windowed" ? this.#config.encoder.slidingWindow : NO_WINDOW);
  }

  /** Opens a graphics card and brings the decoder onto it, if it passes the check. */
  async #openGraphics(request: GraphicsRequest): Promise<void> {
    const { id, codebookSize } = this.info;
    try {
      const card = await ModelCard.open(request);
      this.#card = card;
      this.#decoders = await this.#onCard("decoder", () => {
        const plan = planPublishedDecoder(this.#config, this.#weights, request.halves);
        return GraphicsDecoders.open(card, { id, codebookSize, plan, onProcessor: () => this.#decoderOnProcessor() });
      });
      const weights = request.halves ? " with weights of 16 bits" : "";
      this.info = { ...this.info, backend: `${this.info.backend}, decoder on ${card.name}${weights}`, graphicsCard: card.name };
    } catch (error) {
      this.#card?.close();
      this.#card = undefined;
      if (request.isRequired) throw error;
      request.note(`the codec runs on the processor: ${messageOf(error)}`);
    }
  }

  /** Brings the encoder onto the card that the decoder runs on, if it passes the check. */
  async #openEncoders(): Promise<GraphicsEncoders | undefined> {
    const card = this.#card;
    if (!card || card.isLost) return undefined;
    const { id } = this.info;
    try {
      return await this.#onCard("encoder", () => {
        const plan = planPublishedEncoder(this.#config, this.#weights, LONGEST_WINDOW);
        const onProcessor = (attention: Attention): Promise<FrameEncoder> => this.#encoderOnProcessor(attention);
        return GraphicsEncoders.open(card, { id, plan, longestWindow: LONGEST_WINDOW, onProcessor });
      });
    } catch (error) {
      if (card.isRequired) throw error;
      card.note(`the encoder runs on the processor: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Opens a half on the card, with its weights at hand. */
  async #onCard<T>(half: Half, open: () => Promise<T>): Promise<T> {
    const names = weightNames(this.#weights, this.#build(half));
    await this.#weights.fetch(names);
    try {
      const opened = await open();
      await this.#unload(half); // it was there to compare with
      return opened;
    } finally {
      this.#weights.release(names);
    }
  }

  async #unload(half: Half): Promise<void> {
    const network = await this.#networks.get(half);
    this.#networks.delete(half);
    await network?.session.close();
  }

  #build(half: Half): (source: WeightSource) => Graph {
    return (source) => BUILD[half](this.#config, source);
  }

  #load(half: Half): Promise<Network> {
    let network = this.#networks.get(half);
    if (!network) {
      network = loadNetwork(this.#backend, this.#weights, this.#build(half), true);
      this.#networks.set(half, network);
    }
    return network;
  }
}

interface PublishedEncoderState {
  readonly rest: Float32Array;
  readonly network: TensorMap;
}

interface PublishedDecoderState {
  readonly gains: Tensor;
  readonly network: TensorMap;
}

interface ChunkedState {
  readonly inner: SavedState;
  readonly inPiece: number;
  readonly recent: Int16Array;
}

/**
 * Samples -> codes. Whole frames are coded as they come; {@link flush} codes the part of a frame
 * that is left, with the padding that the network has for it.
 */
class PublishedEncoder implements FrameEncoder {
  readonly #config: PublishedConfig;
  readonly #network: StatefulSession;
  readonly #window: Tensor;
  #rest = new Float32Array(0);

  constructor(config: PublishedConfig, { session, states }: Network, window: number) {
    this.#config = config;
    this.#network = new StatefulSession(session, states);
    this.#window = { type: "int64", dims: [1], data: BigInt64Array.of(BigInt(window)) };
  }

  async push(samples: Float32Array): Promise<Int16Array> {
    const { samplesPerFrame, layers } = this.#config;
    const all = joinFloats([this.#rest, samples]);
    const frames = Math.floor(all.length / samplesPerFrame);
    const codes = new Int16Array(frames * layers);
    for (let t = 0; t < frames; t += ENCODE_GROUP) {
      const piece = all.slice(t * samplesPerFrame, Math.min(frames, t + ENCODE_GROUP) * samplesPerFrame);
      codes.set(await this.#encode(piece), t * layers);
    }
    this.#rest = all.slice(frames * samplesPerFrame);
    return codes;
  }

  async flush(): Promise<Int16Array> {
    const codes = this.#rest.length > 0 ? await this.#encode(this.#rest) : new Int16Array(0);
    await this.reset();
    return codes;
  }

  async reset(): Promise<void> {
    this.#rest = new Float32Array(0);
    this.#network.reset();
  }

  async save(): Promise<SavedState> {
    return { rest: this.#rest.slice(), network: this.#network.state } satisfies PublishedEncoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { rest, network } = state as PublishedEncoderState;
    this.#rest = rest.slice();
    this.#network.state = network;
  }

  async close(): Promise<void> {}

  async #encode(data: Float32Array): Promise<Int16Array> {
    const { codes } = await this.#network.run({ pcm: { type: "float32", dims: [data.length], data }, window: this.#window });
    return Int16Array.from(codes.data as BigInt64Array, Number);
  }
}

/** Codes -> samples. Nothing is held back: a frame gives its 1920 samples at once. */
class PublishedDecoder implements Omit<FrameDecoder, "conceal"> {
  readonly #config: PublishedConfig;
  readonly #network: StatefulSession;
  #gains: Tensor;

  constructor(config: PublishedConfig, { session, states }: Network) {
    this.#config = config;
    this.#network = new StatefulSession(session, states);
    this.#gains = allLayers(config.layers);
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const { layers, samplesPerFrame } = this.#config;
    const out = new Float32Array((codes.length / layers) * samplesPerFrame);
    for (let at = 0; at < codes.length; at += DECODE_GROUP * layers) {
      const piece = codes.subarray(at, at + DECODE_GROUP * layers);
      out.set(await this.#decode(piece), (at / layers) * samplesPerFrame);
    }
    return out;
  }

  async flush(): Promise<Float32Array> {
    await this.reset();
    return new Float32Array(0);
  }

  async reset(): Promise<void> {
    this.#network.reset();
  }

  async setGains(gains: Float32Array): Promise<void> {
    this.#gains = gainTensor(gains.slice());
  }

  async save(): Promise<SavedState> {
    return { gains: this.#gains, network: this.#network.state } satisfies PublishedDecoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { gains, network } = state as PublishedDecoderState;
    this.#gains = gains;
    this.#network.state = network;
  }

  async close(): Promise<void> {}

  async #decode(codes: Int16Array): Promise<Float32Array> {
    const dims = [codes.length / this.#config.layers, this.#config.layers];
    const { pcm } = await this.#network.run({
      codes: { type: "int64", dims, data: BigInt64Array.from(codes, BigInt) },
      gains: this.#gains,
    });
    return pcm.data as Float32Array;
  }
}

/**
 * Reproduces the published package beyond 300 frames: every 300 frames it starts anew, after
 * decoding the last 25 frames once more for context. What it gives there is another sound than the
 * unchunked network's; for those who must match it.
 */
class ChunkedDecoder implements Omit<FrameDecoder, "conceal"> {
  readonly #decoder: Omit<FrameDecoder, "conceal">;
  readonly #config: PublishedConfig;
  /** Frames of the piece so far, and the newest frames, which are the next piece's context. */
  #inPiece = 0;
  #recent: Int16Array = new Int16Array(0);

  constructor(decoder: Omit<FrameDecoder, "conceal">, config: PublishedConfig) {
    this.#decoder = decoder;
    this.#config = config;
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const { layers, samplesPerFrame } = this.#config;
    const out = new Float32Array((codes.length / layers) * samplesPerFrame);
    for (let at = 0; at < codes.length; ) {
      if (this.#inPiece === REFERENCE_CHUNK) await this.#startPiece();
      const end = Math.min(codes.length, at + (REFERENCE_CHUNK - this.#inPiece) * layers);
      const piece = codes.slice(at, end);
      out.set(await this.#decoder.push(piece), (at / layers) * samplesPerFrame);
      this.#inPiece += piece.length / layers;
      this.#recent = Int16Array.from([...this.#recent, ...piece]).slice(-REFERENCE_CONTEXT * layers);
      at = end;
    }
    return out;
  }

  async flush(): Promise<Float32Array> {
    await this.reset();
    return new Float32Array(0);
  }

  async reset(): Promise<void> {
    this.#inPiece = 0;
    this.#recent = new Int16Array(0);
    await this.#decoder.reset();
  }

  async setGains(gains: Float32Array): Promise<void> {
    await this.#decoder.setGains(gains);
  }

  async save(): Promise<SavedState> {
    return { inner: await this.#decoder.save(), inPiece: this.#inPiece, recent: this.#recent } satisfies ChunkedState;
  }

  async restore(state: SavedState): Promise<void> {
    const { inner, inPiece, recent } = state as ChunkedState;
    await this.#decoder.restore(inner);
    this.#inPiece = inPiece;
    this.#recent = recent;
  }

  async close(): Promise<void> {
    await this.#decoder.close();
  }

  async #startPiece(): Promise<void> {
    await this.#decoder.reset();
    await this.#decoder.push(this.#recent);
    this.#inPiece = 0;
  }
}
