/** Decoders on a graphics card; when it is lost, streams go on on the processor from the codes they kept. */
import { messageOf } from "../errors.ts";
import { LEAST_DECIBELS, signalToError } from "../gpu/check.ts";
import type { GpuNetwork } from "../gpu/network.ts";
import type { GpuStream, GpuStreams } from "../gpu/streams.ts";
import type { FrameDecoder, SavedState } from "../runtime/engine.ts";
import type { GraphicsHalf, ModelCard } from "./graphics-card.ts";
import { newest } from "./newest.ts";

/** A decoder that conceals nothing by itself. */
type Decoder = Omit<FrameDecoder, "conceal">;

/** Most frames in one run. */
const GROUP = 4;
/** Frames that are decoded twice, on the card and on the processor, before the card is used. */
const TRIAL_FRAMES = 8;

/** Least ratio of signal to error of weights rounded to 16 bits against others: at full size 51 dB were measured, with seeded weights. */
export const LEAST_ROUNDED_DECIBELS = 40;

/** What is decoded on a card. */
export interface GraphicsModel extends Omit<GraphicsHalf, "group"> {
  readonly codebookSize: number;
  /** Opens a decoder on the processor. */
  onProcessor(): Promise<Decoder>;
}

/** Decoders of one model on one card. */
export class GraphicsDecoders {
  readonly card: ModelCard;
  readonly model: GraphicsModel;
  readonly #streams: GpuStreams;

  private constructor(card: ModelCard, model: GraphicsModel, streams: GpuStreams) {
    this.card = card;
    this.model = model;
    this.#streams = streams;
  }

  /**
   * Loads the model, and checks it: its first frames are held against the processor.
   * @throws CodecError `runtime` where it does not pass
   */
  static async open(card: ModelCard, model: GraphicsModel): Promise<GraphicsDecoders> {
    const streams = await card.load({ ...model, group: GROUP }, (...trial) => compare(card, model, ...trial));
    return new GraphicsDecoders(card, model, streams);
  }

  /** A decoder on the card; on the processor where the card has failed or has no memory for more. */
  async openDecoder(): Promise<Decoder> {
    if (this.card.isLost) return this.model.onProcessor();
    try {
      return new GraphicsDecoder(this, await this.#streams.join());
    } catch (error) {
      this.card.note(`a stream is decoded on the processor: ${messageOf(error)}`);
      return this.model.onProcessor();
    }
  }
}

async function compare(
  card: ModelCard,
  { codebookSize, plan, onProcessor }: GraphicsModel,
  streams: GpuStreams,
  { isRounded }: GpuNetwork,
): Promise<void> {
  const codes = Int16Array.from({ length: TRIAL_FRAMES * plan.layers }, (_, i) => (i * 7919) % codebookSize); // 7919 is a prime
  const processor = await onProcessor();
  const wanted = await processor.push(codes);
  await processor.close();
  const stream = await streams.join();
  const found = await stream.push({ codes, gains: new Float32Array(plan.layers).fill(1) });
  stream.leave();
  const decibels = signalToError(found, wanted);
  const least = isRounded ? LEAST_ROUNDED_DECIBELS : LEAST_DECIBELS;
  if (!(decibels >= least))
    throw card.differs(`its sound differs from the processor's (${decibels.toFixed(0)} dB, at least ${least} are wanted)`);
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
        return await this.#stream.push({ codes, gains });
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
    this.#decoders.card.fail(reason);
    const processor = await this.#decoders.model.onProcessor();
    for (const { codes, gains } of this.#kept) {
      await processor.setGains(gains);
      await processor.push(codes);
    }
    this.#processor = processor;
  }

  #keep(codes: Int16Array): void {
    const { layers, reachFrames } = this.#decoders.model.plan;
    this.#kept = newest([...this.#kept, { codes, gains: this.#gains }], reachFrames * layers, {
      length: (piece) => piece.codes.length,
      without: (piece, beginning) => ({ ...piece, codes: piece.codes.slice(beginning) }),
    });
  }
}
