/// <reference lib="esnext.disposable" preserve="true" />
import { assertFloats, assertNumbers } from "./misuse.ts";
import { Codes } from "./codes/codes.ts";
import { type CodesSpec, specOf } from "./codes/codes-spec.ts";
import type { ModelInfo } from "./codes/model-info.ts";
import type { FrameDecoder, FrameEncoder } from "./runtime/engine.ts";
import { CodecError } from "./errors.ts";
import type { LayerSelection } from "./codes/layer-selection.ts";
import { layerGains } from "./codes/layer-selection.ts";
import { assertSameModel } from "./codes/same-model.ts";

/** Runs the calls on one stream one after another, in the order in which they were made. */
class InOrder<T extends { close(): Promise<void> }> {
  readonly #opened: Promise<T>;
  readonly #assertCodecOpen: () => void;
  #last: Promise<unknown>;
  #closed = false;

  constructor(opened: Promise<T>, assertCodecOpen: () => void) {
    this.#opened = opened;
    this.#assertCodecOpen = assertCodecOpen;
    this.#last = opened.catch(() => undefined); // whoever calls first gets the error
  }

  run<R>(work: (coder: T) => Promise<R>): Promise<R> {
    if (this.#closed) throw new CodecError("closed", "Cannot use a stream after close(): open another one");
    return this.#enqueue(work);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#enqueue((coder) => coder.close()).catch((error: unknown) => {
      if (!(error instanceof CodecError && error.code === "closed")) throw error; // the codec has freed it
    });
  }

  #enqueue<R>(work: (coder: T) => Promise<R>): Promise<R> {
    const result = this.#last.then(() => this.#work(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Says `closed` whatever an engine says that was freed before the work, or during it. */
  async #work<R>(work: (coder: T) => Promise<R>): Promise<R> {
    this.#assertCodecOpen();
    try {
      return await work(await this.#opened);
    } catch (error) {
      this.#assertCodecOpen();
      throw error;
    }
  }
}

/**
 * Speech to codes while it arrives. Has one owner; calls are carried out in order, also when they
 * are not awaited. However the samples are cut into pieces, the codes are the same (with the
 * published model, but for entries that are equally near to within 1e-5).
 */
export class EncodeStream {
  readonly #inOrder: InOrder<FrameEncoder>;
  readonly #spec: CodesSpec;
  #sampleCount = 0;

  /** Streams are opened by `Codec.openEncodeStream`. */
  constructor(spec: CodesSpec, opened: Promise<FrameEncoder>, assertCodecOpen: () => void) {
    this.#spec = spec;
    this.#inOrder = new InOrder(opened, assertCodecOpen);
  }

  /** Samples given since the clip began. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /**
   * @param samples mono PCM at the model's rate, any number, nominally in [-1, 1]; may be reused
   * when the promise is settled
   * @returns codes of the frames that are now whole, possibly none
   * @throws CodecError `bad-audio` when a sample is not finite, `closed` after close()
   */
  async push(samples: Float32Array): Promise<Codes> {
    assertFloats(samples, "samples");
    const bad = samples.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new CodecError(
        "bad-audio",
        `Cannot encode sample ${this.#sampleCount + bad}: its value is ${samples[bad]}, it must be a finite number; repair the sound`,
      );
    }
    this.#sampleCount += samples.length;
    return this.#codes(await this.#inOrder.run((encoder) => encoder.push(samples)));
  }

  /** Ends the clip: codes of the rest, filled up to a whole frame. The stream is then as new. */
  async flush(): Promise<Codes> {
    this.#sampleCount = 0;
    return this.#codes(await this.#inOrder.run((encoder) => encoder.flush()));
  }

  /** Forgets the clip: the stream is as new. */
  async reset(): Promise<void> {
    this.#sampleCount = 0;
    await this.#inOrder.run((encoder) => encoder.reset());
  }

  /** Frees the stream. Other calls then fail. */
  async close(): Promise<void> {
    await this.#inOrder.close();
  }

  /** {@link EncodeStream.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #codes(data: Int16Array): Codes {
    return new Codes(data, this.#spec.layers, this.#spec);
  }
}

/**
 * Codes to speech while they arrive. Has one owner; calls are carried out in order, also when they
 * are not awaited. However the frames are cut into pieces, the samples are the same: to the bit
 * with the compact model, to rounding (about 1e-5) with the published one.
 */
export class DecodeStream {
  readonly #inOrder: InOrder<FrameDecoder>;
  readonly #info: ModelInfo;
  #selection: LayerSelection;
  /** Layers that the codes of this clip have; the first push tells. */
  #available: number | undefined;

  /** Streams are opened by `Codec.openDecodeStream`. */
  constructor(info: ModelInfo, opened: Promise<FrameDecoder>, selection: LayerSelection, assertCodecOpen: () => void) {
    this.#info = info;
    this.#selection = selection;
    this.#inOrder = new InOrder(opened, assertCodecOpen);
  }

  /**
   * @param codes one or more frames: `Codes`, or plain numbers of one or more frames of all K
   * layers, frame-major
   * @returns the samples that are now final, at the model's rate; possibly none
   * @throws CodecError `bad-codes` when a code is out of range or the number of layers changes,
   * `model-mismatch`, `closed` after close(); TypeError for anything but numbers
   */
  async push(codes: Codes | ArrayLike<number>): Promise<Float32Array> {
    if (!(codes instanceof Codes)) assertNumbers(codes, "codes");
    const checked = codes instanceof Codes ? codes : this.#fromNumbers(codes);
    assertSameModel(checked.model, this.#info);
    const data = this.#allLayers(checked);
    const gains = this.#gainsFor(checked.layers);
    return this.#inOrder.run(async (decoder) => {
      if (gains) await decoder.setGains(gains);
      return decoder.push(data);
    });
  }

  /**
   * Tells that the next frame was lost, as happens on a link. The compact model predicts it from the
   * frames around it, others hold the last one. It fades out over five lost frames; the first that
   * comes again fades in.
   * @param next the frame after it, or its first layers, where that has come already; it is to be
   * pushed nevertheless
   * @returns the samples in its place, as many as a frame gives
   * @throws CodecError `closed` after close(), `bad-codes` or `model-mismatch` for another `next`
   */
  async conceal(next?: Codes): Promise<Float32Array> {
    if (next) {
      assertSameModel(next.model, this.#info);
      this.#allLayers(next);
    }
    return this.#inOrder.run((decoder) => decoder.conceal(next?.frame(0)));
  }

  /** Ends the clip: the samples that were still open. The stream is then as new. */
  async flush(): Promise<Float32Array> {
    this.#available = undefined;
    return this.#inOrder.run((decoder) => decoder.flush());
  }

  /** Forgets the clip: the stream is as new. */
  async reset(): Promise<void> {
    this.#available = undefined;
    await this.#inOrder.run((decoder) => decoder.reset());
  }

  /**
   * Chooses other layers, from the next frame on.
   * @throws CodecError `usage` when a number is out of range
   */
  async setLayers(selection: LayerSelection): Promise<void> {
    const gains = layerGains(selection, this.#available ?? this.#info.layers, this.#info.layers);
    this.#selection = selection;
    if (this.#available !== undefined) await this.#inOrder.run((decoder) => decoder.setGains(gains));
  }

  /** Frees the stream. Other calls then fail. */
  async close(): Promise<void> {
    await this.#inOrder.close();
  }

  /** {@link DecodeStream.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The gains to set before frames of so many layers, or undefined where they are set already. */
  #gainsFor(layers: number): Float32Array | undefined {
    if (this.#available === layers) return undefined;
    if (this.#available !== undefined) {
      throw new CodecError(
        "bad-codes",
        `Cannot decode frames of ${layers} layers after frames of ${this.#available}: keep the number, or reset() the stream`,
      );
    }
    const gains = layerGains(this.#selection, layers, this.#info.layers);
    this.#available = layers;
    return gains;
  }

  #fromNumbers(numbers: ArrayLike<number>): Codes {
    const bad = Array.from(numbers).findIndex((code) => !Number.isInteger(code) || code < 0 || code > 32767);
    if (bad >= 0)
      throw new CodecError(
        "bad-codes",
        `Cannot decode the code ${numbers[bad]} at position ${bad}: codes are whole numbers from 0 to ${this.#info.codebookSize - 1}`,
      );
    return new Codes(Int16Array.from(numbers), this.#info.layers, specOf(this.#info));
  }

  /** The codes with K layers; those that are missing are 0 and left out by their gain. */
  #allLayers(codes: Codes): Int16Array {
    const { layers, codebookSize } = this.#info;
    if (codes.layers > layers)
      throw new CodecError("bad-codes", `Cannot decode codes of ${codes.layers} layers: the model "${this.#info.name}" has ${layers}`);
    const checked = codes.codebookSize === codebookSize ? codes : new Codes(codes.data, codes.layers, { codebookSize });
    if (codes.layers === layers) return checked.data;
    const out = new Int16Array(codes.frames * layers);
    for (let t = 0; t < codes.frames; t++) out.set(checked.frame(t), t * layers);
    return out;
  }
}
