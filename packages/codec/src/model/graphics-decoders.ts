/**
 * Decoders on a graphics card, which must never give wrong sound in silence: the card is checked
 * before it is used, and when it is lost, streams go on on the processor from the codes they kept.
 */
import { hexOf } from "../bytes/hex.ts";
import { messageOf } from "../errors.ts";
import { cardError, type GraphicsCard, type GraphicsRequest } from "../gpu/card.ts";
import { checkKernels, LEAST_DECIBELS, signalToError } from "../gpu/check.ts";
import { GpuNetwork } from "../gpu/network.ts";
import type { Plan } from "../gpu/plan.ts";
import { type GpuStream, GpuStreams } from "../gpu/streams.ts";
import type { FrameDecoder, SavedState } from "../runtime/engine.ts";
import { sha256 } from "./sha256.ts";

/** A decoder that conceals nothing by itself. */
type Decoder = Omit<FrameDecoder, "conceal">;

/** Most frames in one run. */
const GROUP = 4;
/** Streams that share one run; more streams make more room. */
const SLOTS = 4;
/** Frames that are decoded twice, on the card and on the processor, before the card is used. */
const TRIAL_FRAMES = 8;

/** What is decoded on a card. */
export interface GraphicsModel {
  /** Identity of the model. */
  readonly id: string;
  readonly codebookSize: number;
  readonly plan: Plan;
  /** Opens a decoder on the processor. */
  onProcessor(): Promise<Decoder>;
}

/** Decoders of one model on one card. */
export class GraphicsDecoders {
  /** The card, for reports. */
  readonly cardName: string;
  readonly model: GraphicsModel;
  readonly #card: GraphicsCard;
  readonly #network: GpuNetwork;
  readonly #streams: GpuStreams;
  readonly #request: GraphicsRequest;
  #isLost = false;
  #isClosed = false;

  private constructor(card: GraphicsCard, network: GpuNetwork, model: GraphicsModel, request: GraphicsRequest) {
    this.cardName = card.name;
    this.model = model;
    this.#card = card;
    this.#network = network;
    this.#streams = new GpuStreams(network, SLOTS);
    this.#request = request;
    void card.device.lost.then(({ message }) => this.fail(`the graphics card was lost (${message || "its driver gives no reason"})`));
  }

  /**
   * Opens a card, loads the model, and checks both: every kernel against double precision, and the
   * first frames against the processor. What was passed once, with the same model, card, driver and
   * kernels, is not checked again.
   * @throws CodecError `runtime` where there is no card, or it does not pass
   */
  static async open(model: GraphicsModel, request: GraphicsRequest): Promise<GraphicsDecoders> {
    const card = await request.open();
    let decoders: GraphicsDecoders | undefined;
    try {
      decoders = new GraphicsDecoders(card, await GpuNetwork.open(card, model.plan, GROUP), model, request);
      await decoders.#check();
      return decoders;
    } catch (error) {
      if (decoders) decoders.close();
      else card.close();
      throw error;
    }
  }

  /** A decoder on the card; on the processor where the card has failed or has no memory for more. */
  async openDecoder(): Promise<Decoder> {
    if (this.#isLost) return this.model.onProcessor();
    try {
      return new GraphicsDecoder(this, await this.#streams.join());
    } catch (error) {
      this.#request.note(`a stream is decoded on the processor: ${messageOf(error)}`);
      return this.model.onProcessor();
    }
  }

  /** From now on everything is decoded on the processor. */
  fail(reason: string): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.#request.note(`decoding goes on on the processor: ${reason}`);
  }

  /** Frees the card. */
  close(): void {
    this.#isClosed = true;
    this.#streams.close();
    this.#network.close();
    this.#card.close();
  }

  async #check(): Promise<void> {
    const { passed } = this.#request;
    const key = checkKey(this.model, this.#network);
    if (await passed.has(key)) return;
    await checkKernels(this.#network);
    await this.#compare();
    await passed.add(key);
  }

  async #compare(): Promise<void> {
    const { codebookSize, plan } = this.model;
    const codes = Int16Array.from({ length: TRIAL_FRAMES * plan.layers }, (_, i) => (i * 7919) % codebookSize); // 7919 is a prime
    const processor = await this.model.onProcessor();
    const wanted = await processor.push(codes);
    await processor.close();
    const stream = await this.#streams.join();
    const found = await stream.push(codes, new Float32Array(plan.layers).fill(1));
    stream.leave();
    const decibels = signalToError(found, wanted);
    if (!(decibels >= LEAST_DECIBELS))
      throw cardError(
        this.#card,
        `its sound differs from the processor's (${decibels.toFixed(0)} dB, at least ${LEAST_DECIBELS} are wanted): update its driver`,
      );
  }
}

function checkKey(model: GraphicsModel, { card, launches }: GpuNetwork): string {
  const kernels = launches.map(({ kernel }) => kernel.code + JSON.stringify(kernel.numbers));
  const digest = sha256(new TextEncoder().encode([model.id, card.key, ...new Set(kernels)].join("\n")));
  return hexOf(digest);
}

/** Codes that a stream has had, with the gains that were in force. */
interface KeptCodes {
  readonly codes: Int16Array;
  readonly gains: Float32Array;
}

interface GraphicsState {
  readonly kept: readonly KeptCodes[];
  readonly gains: Float32Array;
}

/** One stream. It keeps as many codes as its newest frame can depend on: they are its whole state. */
class GraphicsDecoder implements Decoder {
  readonly #decoders: GraphicsDecoders;
  #stream: GpuStream | undefined;
  /** In place of the card, when that has failed. */
  #processor: Decoder | undefined;
  #kept: KeptCodes[] = [];
  #gains: Float32Array;

  constructor(decoders: GraphicsDecoders, stream: GpuStream) {
    this.#decoders = decoders;
    this.#stream = stream;
    this.#gains = new Float32Array(decoders.model.plan.layers).fill(1);
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const samples = await this.#decode(codes, this.#gains);
    this.#keep(codes.slice());
    return samples;
  }

  async flush(): Promise<Float32Array> {
    await this.reset();
    return new Float32Array(0);
  }

  async reset(): Promise<void> {
    this.#kept = [];
    this.#stream?.reset();
    await this.#processor?.reset();
  }

  async setGains(gains: Float32Array): Promise<void> {
    this.#gains = gains.slice();
    await this.#processor?.setGains(gains);
  }

  async save(): Promise<SavedState> {
    return { kept: [...this.#kept], gains: this.#gains } satisfies GraphicsState;
  }

  async restore(state: SavedState): Promise<void> {
    const { kept, gains } = state as GraphicsState;
    await this.reset();
    for (const piece of kept) {
      await this.#decode(piece.codes, piece.gains);
      this.#kept.push(piece);
    }
    await this.setGains(gains);
  }

  async close(): Promise<void> {
    this.#stream?.leave();
    this.#stream = undefined;
    await this.#processor?.close();
  }

  async #decode(codes: Int16Array, gains: Float32Array): Promise<Float32Array> {
    if (this.#stream) {
      try {
        return await this.#stream.push(codes, gains);
      } catch (error) {
        await this.#goOnOnProcessor(messageOf(error));
      }
    }
    const processor = this.#processor!;
    await processor.setGains(gains);
    return processor.push(codes);
  }

  /** Brings the processor to where the card was. */
  async #goOnOnProcessor(reason: string): Promise<void> {
    this.#stream = undefined;
    this.#decoders.fail(reason);
    const processor = await this.#decoders.model.onProcessor();
    for (const { codes, gains } of this.#kept) {
      await processor.setGains(gains);
      await processor.push(codes);
    }
    this.#processor = processor;
  }

  #keep(codes: Int16Array): void {
    const { layers, reachFrames } = this.#decoders.model.plan;
    this.#kept.push({ codes, gains: this.#gains });
    let surplus = this.#kept.reduce((sum, piece) => sum + piece.codes.length, 0) - reachFrames * layers;
    while (surplus > 0) {
      const [first, ...rest] = this.#kept;
      surplus -= first.codes.length;
      this.#kept = surplus >= 0 ? rest : [{ ...first, codes: first.codes.slice(surplus) }, ...rest];
    }
  }
}
