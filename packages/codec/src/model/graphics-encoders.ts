/** Encoders on a graphics card; when it is lost, streams go on on the processor from the sound they kept. */
import { joinFloats, joinIntegers } from "../bytes/join.ts";
import type { Attention } from "../codes/codes-spec.ts";
import { messageOf } from "../errors.ts";
import type { SearchShape } from "../gpu/plan.ts";
import { searchDistances } from "../gpu/reference.ts";
import type { GpuStream, GpuStreams } from "../gpu/streams.ts";
import type { FrameEncoder, SavedState } from "../runtime/engine.ts";
import type { GraphicsHalf, ModelCard } from "./graphics-card.ts";
import { newest } from "./newest.ts";

/** Most frames in one run. */
const GROUP = 8;
/** Frames that are encoded twice, on the card and on the processor, before the card is used; of the last a part. */
const TRIAL_FRAMES = 7.4;
/** An entry may be taken in place of the nearest when its distance is greater by less than this share. */
const NEAR_TIE = 1e-5;

/** What is encoded on a card. */
export interface GraphicsEncoderModel extends Omit<GraphicsHalf, "group"> {
  /** Steps that attention of `reference` can see on a card; a longer stream goes on on the processor. */
  readonly longestWindow: number;
  /** Opens an encoder on the processor. */
  onProcessor(attention: Attention): Promise<FrameEncoder>;
}

/** Encoders of one model on one card. */
export class GraphicsEncoders {
  readonly card: ModelCard;
  readonly model: GraphicsEncoderModel;
  readonly #streams: GpuStreams;

  private constructor(card: ModelCard, model: GraphicsEncoderModel, streams: GpuStreams) {
    this.card = card;
    this.model = model;
    this.#streams = streams;
  }

  /**
   * Loads the model, and checks it: its first codes are held against the processor's.
   * @throws CodecError `runtime` where it does not pass
   */
  static async open(card: ModelCard, model: GraphicsEncoderModel): Promise<GraphicsEncoders> {
    const streams = await card.load({ ...model, group: GROUP }, (trial) => compare(card, model, trial));
    return new GraphicsEncoders(card, model, streams);
  }

  /** An encoder on the card; on the processor where the card has failed or has no memory for more. */
  async openEncoder(attention: Attention): Promise<FrameEncoder> {
    if (this.card.isLost) return this.model.onProcessor(attention);
    try {
      const { plan, longestWindow } = this.model;
      const stream = await this.#streams.join(attention === "windowed" ? plan.window : Math.max(plan.window, longestWindow));
      return new GraphicsEncoder(this, stream, attention);
    } catch (error) {
      this.card.note(`a stream is encoded on the processor: ${messageOf(error)}`);
      return this.model.onProcessor(attention);
    }
  }
}

/**
 * Encodes the same sound on both. Both results must be codes of what the card searched for: the
 * nearest entries, but for near ties.
 */
async function compare(card: ModelCard, { plan, onProcessor }: GraphicsEncoderModel, streams: GpuStreams): Promise<void> {
  const length = Math.ceil(TRIAL_FRAMES * plan.input!.rate);
  const samples = Float32Array.from({ length }, (_, i) => 0.4 * Math.sin(i * (0.01 + i * 3e-6)) + 0.2 * (((i * 7919) % 997) / 498.5 - 1));
  const { shape, input, weights } = plan.steps.find((step) => step.shape.kind === "search")!;
  const books = weights[0].read(); // before the processor's encoder, after which weights from afar are forgotten
  const processor = await onProcessor("windowed");
  const wanted = joinIntegers([await processor.push(samples), await processor.flush()]);
  await processor.close();
  const stream = await streams.join();
  const found = Int16Array.from(await stream.push({ samples }));
  const values = await stream.peek(input!, wanted.length / plan.layers);
  stream.leave();
  const gap = Math.max(...[found, wanted].map((codes) => largestGap(shape as SearchShape, books, values, codes)));
  if (!(gap < NEAR_TIE))
    throw card.differs(`its codes differ from the processor's, by entries that are farther by ${gap.toExponential(0)}`);
}

/** By how much the entries of codes are farther than the nearest ones, at most, relative. */
function largestGap(search: SearchShape, books: Float32Array, values: Float32Array, codes: Int16Array): number {
  const { layers, width } = search;
  let largest = 0;
  for (let t = 0; t < codes.length / layers; t++) {
    const distances = searchDistances(
      search,
      (channel) => values[t * 2 * width + channel],
      (layer) => codes[t * layers + layer],
      books,
    );
    largest = Math.max(largest, ...distances.map(({ taken, nearest }) => (taken - nearest) / nearest));
  }
  return largest;
}

interface EncoderState {
  readonly kept: readonly Float32Array[];
  readonly rest: Float32Array;
}

/**
 * One stream. Besides the part of a frame that has come, it keeps as much sound as its newest frame
 * can depend on: that is its whole state.
 */
class GraphicsEncoder implements FrameEncoder {
  readonly #encoders: GraphicsEncoders;
  readonly #attention: Attention;
  /** Frames after which the card cannot go on, and frames that are kept. */
  readonly #mostFrames: number;
  readonly #keptFrames: number;
  #stream: GpuStream | undefined;
  /** In place of the card, when that has failed. */
  #processor: FrameEncoder | undefined;
  #kept: Float32Array[] = [];
  #rest = new Float32Array(0);

  constructor(encoders: GraphicsEncoders, stream: GpuStream, attention: Attention) {
    const { plan, longestWindow } = encoders.model;
    const stepsPerFrame = plan.rings.find(({ grows }) => grows)!.rate;
    this.#encoders = encoders;
    this.#stream = stream;
    this.#attention = attention;
    this.#mostFrames = attention === "windowed" ? Infinity : Math.floor(longestWindow / stepsPerFrame);
    this.#keptFrames = attention === "windowed" ? plan.reachFrames : Infinity;
  }

  get #samplesPerFrame(): number {
    return this.#encoders.model.plan.input!.rate;
  }

  async push(samples: Float32Array): Promise<Int16Array> {
    const all = joinFloats([this.#rest, samples]);
    const whole = all.length - (all.length % this.#samplesPerFrame);
    this.#rest = all.slice(whole);
    if (whole === 0) return new Int16Array(0);
    const frames = all.slice(0, whole);
    const codes = await this.#encode(frames);
    this.#keep(frames);
    return codes;
  }

  async flush(): Promise<Int16Array> {
    const codes = this.#rest.length > 0 ? await this.#encode(this.#rest) : new Int16Array(0);
    await this.reset();
    return codes;
  }

  async reset(): Promise<void> {
    this.#kept = [];
    this.#rest = new Float32Array(0);
    this.#stream?.reset();
    await this.#processor?.reset();
  }

  async save(): Promise<SavedState> {
    return { kept: [...this.#kept], rest: this.#rest.slice() } satisfies EncoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { kept, rest } = state as EncoderState;
    await this.reset();
    for (const frames of kept) {
      await this.#encode(frames);
      this.#kept.push(frames);
    }
    this.#rest = rest.slice();
  }

  async close(): Promise<void> {
    this.#stream?.leave();
    this.#stream = undefined;
    await this.#processor?.close();
  }

  /** Codes of whole frames, or of the part of a frame that ends a clip. */
  async #encode(samples: Float32Array): Promise<Int16Array> {
    if (this.#stream) {
      try {
        if (this.#stream.position + samples.length / this.#samplesPerFrame <= this.#mostFrames)
          return Int16Array.from(await this.#stream.push({ samples }));
        this.#encoders.card.note(`a stream whose attention sees more than ${this.#mostFrames} frames goes on on the processor`);
      } catch (error) {
        this.#encoders.card.fail(messageOf(error));
      }
      await this.#goOnOnProcessor();
    }
    const processor = this.#processor!;
    const codes = await processor.push(samples);
    return samples.length % this.#samplesPerFrame === 0 ? codes : processor.flush();
  }

  /** Brings the processor to where the card was. */
  async #goOnOnProcessor(): Promise<void> {
    this.#stream?.leave();
    this.#stream = undefined;
    const processor = await this.#encoders.model.onProcessor(this.#attention);
    for (const frames of this.#kept) await processor.push(frames);
    this.#processor = processor;
  }

  #keep(frames: Float32Array): void {
    this.#kept = newest([...this.#kept, frames], this.#keptFrames * this.#samplesPerFrame, {
      length: (piece) => piece.length,
      without: (piece, beginning) => piece.slice(beginning),
    });
  }
}
