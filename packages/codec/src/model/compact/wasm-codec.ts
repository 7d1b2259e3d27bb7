/**
 * Decoder and encoder in C as a WebAssembly module (embedded/wasm/exports.c): one model in its
 * memory, any number of streams. Networks, spectra, phases and states are all inside; codes and
 * samples go in and come out. Both have the same bits on every machine, however a stream is cut.
 */
import type { FrameDecoder, FrameEncoder, SavedState } from "../../runtime/engine.ts";
import { CodecError } from "../../errors.ts";
import { joinFloats, joinIntegers } from "../../bytes/join.ts";
import type { CodecModule } from "../../runtime/codec-module.ts";
import { type BlobKernels, blobKernels } from "./blob-kernels.ts";

/** What the module exports; addresses are byte offsets into its memory, 0 is none. */
interface CodecExports {
  readonly memory: WebAssembly.Memory;
  room(bytes: number): number;
  codesAt(): number;
  gainsAt(): number;
  samplesAt(): number;
  framesAtOnce(): number;
  openModel(blob: number, bytes: number): number;
  arenaBytes(): number;
  openDecoder(arena: number): number;
  decode(decoder: number, frames: number): number;
  flush(decoder: number): number;
  reset(decoder: number): void;
  setGains(decoder: number): number;
  decoderMoved(decoder: number): void;
  openEncoderModel(blob: number, bytes: number): number;
  encoderArenaBytes(): number;
  openEncoder(arena: number): number;
  encode(encoder: number, samples: number): number;
  encodeFlush(encoder: number): number;
  resetEncoder(encoder: number): void;
  encoderMoved(encoder: number): void;
  inFours(matrix: number, rows: number, columns: number): number;
  searchTables(entries: number, size: number, width: number, scale: number, square: number, reach: number): number;
}

/** A blob, or what writes one into the memory of the module, whose code lays out the weights. */
export type BlobSource = Uint8Array | ((place: BlobPlace) => Promise<Uint8Array>);

/** Where a blob is wanted. */
export interface BlobPlace {
  /** Memory for so many bytes, to be asked for once. */
  memory(bytes: number): Uint8Array;
  readonly kernels: BlobKernels;
}

/** What one half of a model is to the module. */
interface Half {
  open(wasm: CodecExports, blob: number, bytes: number): number;
  arenaBytes(wasm: CodecExports): number;
}
const DECODER: Half = {
  open: (wasm, blob, bytes) => wasm.openModel(blob, bytes),
  arenaBytes: (wasm) => wasm.arenaBytes(),
};
const ENCODER: Half = {
  open: (wasm, blob, bytes) => wasm.openEncoderModel(blob, bytes),
  arenaBytes: (wasm) => wasm.encoderArenaBytes(),
};

/** An instance that holds one half of a model, and the arenas of its streams. */
class WasmModel {
  readonly wasm: CodecExports;
  readonly layers: number;
  readonly arenaBytes: number;
  /** Arenas of streams that were closed. */
  readonly #spare: number[] = [];

  private constructor(wasm: CodecExports, layers: number, arenaBytes: number) {
    this.wasm = wasm;
    this.layers = layers;
    this.arenaBytes = arenaBytes;
  }

  static async open(half: Half, module: CodecModule, source: BlobSource, layers: number): Promise<WasmModel> {
    const { exports } = await WebAssembly.instantiate(module, {});
    const wasm = exports as unknown as CodecExports;
    const memory = (bytes: number): Uint8Array => {
      const at = roomFor(wasm, bytes);
      return new Uint8Array(wasm.memory.buffer, at, bytes);
    };
    const copied = (blob: Uint8Array): Uint8Array => {
      const copy = memory(blob.length);
      copy.set(blob);
      return copy;
    };
    const blob = typeof source === "function" ? await source({ memory, kernels: kernelsIn(wasm) }) : copied(source);
    const status = half.open(wasm, blob.byteOffset, blob.length);
    if (status < 0)
      throw new CodecError("bad-model", `Cannot use the weights: they are not all finite (status ${status}); get the model again`);
    return new WasmModel(wasm, layers, half.arenaBytes(wasm));
  }

  takeArena(): number {
    return this.#spare.pop() ?? roomFor(this.wasm, this.arenaBytes);
  }

  giveBack(arena: number): void {
    this.#spare.push(arena);
  }

  /** The memory of a stream, which begins with the stream itself. Memory that grows moves. */
  arena(at: number): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer, at, this.arenaBytes);
  }

  /** What the two buffers hold from their beginning. */
  codes(count: number): Int16Array {
    return new Int16Array(this.wasm.memory.buffer, this.wasm.codesAt(), count);
  }

  samples(count: number): Float32Array {
    return new Float32Array(this.wasm.memory.buffer, this.wasm.samplesAt(), count);
  }
}

/** The kernels of a module, for bytes in its memory; in TypeScript where its buffer is too small. */
function kernelsIn(wasm: CodecExports): BlobKernels {
  return {
    inFours: (matrix, rows) => wasm.inFours(matrix.byteOffset, rows, matrix.byteLength / rows) || blobKernels.inFours(matrix, rows),
    searchTables(codebooks, scales, squares, reach) {
      const [layers, size] = [reach.length, scales.length / reach.length];
      const width = codebooks.byteLength / scales.length;
      const buffer = new Float32Array(wasm.memory.buffer, wasm.samplesAt(), wasm.framesAtOnce() * FRAME_SAMPLES);
      if (size >= buffer.length) return blobKernels.searchTables(codebooks, scales, squares, reach);
      let largest = 1;
      for (let l = 0; l < layers; l++) {
        const [first, far] = [l * size, buffer.subarray(size, size + 1)];
        buffer.set(scales.subarray(first, first + size));
        far[0] = 0;
        const square = squares.byteOffset + first * squares.BYTES_PER_ELEMENT;
        largest = Math.max(
          largest,
          wasm.searchTables(codebooks.byteOffset + first * width, size, width, buffer.byteOffset, square, far.byteOffset),
        );
        reach[l] = far[0];
      }
      return largest;
    },
  };
}

/** The decoder of a model in a WebAssembly instance of its own. */
export class WasmDecoderModel {
  readonly #model: WasmModel;

  private constructor(model: WasmModel) {
    this.#model = model;
  }

  /**
   * @param module packages/codec/wasm/codec-simd.wasm, or codec.wasm for machines without SIMD
   * @param source as `compactBlobForC` makes it; copied
   * @param layers K of the model
   * @throws CodecError `runtime` where there is not enough memory, `bad-model` for a blob that
   * cannot be used
   */
  static async open(module: CodecModule, source: BlobSource, layers: number): Promise<WasmDecoderModel> {
    return new WasmDecoderModel(await WasmModel.open(DECODER, module, source, layers));
  }

  /** Opens a decoder; its arena is used again after its `close()`. */
  openDecoder(): Omit<FrameDecoder, "conceal"> {
    return new WasmDecoder(this.#model);
  }
}

/** The encoder of a model in a WebAssembly instance of its own. */
export class WasmEncoderModel {
  readonly #model: WasmModel;

  private constructor(model: WasmModel) {
    this.#model = model;
  }

  /** As {@link WasmDecoderModel.open}. */
  static async open(module: CodecModule, source: BlobSource, layers: number): Promise<WasmEncoderModel> {
    return new WasmEncoderModel(await WasmModel.open(ENCODER, module, source, layers));
  }

  /** Opens an encoder; its arena is used again after its `close()`. */
  openEncoder(): FrameEncoder {
    return new WasmEncoder(this.#model);
  }
}

function roomFor(wasm: CodecExports, bytes: number): number {
  const at = wasm.room(bytes);
  if (at === 0) throw new CodecError("runtime", `Cannot take ${bytes} bytes of memory for the codec; close streams or other programs`);
  return at;
}

/** A stream in its arena: what encoder and decoder share. */
abstract class WasmStream {
  protected readonly model: WasmModel;
  protected readonly at: number;
  #closed = false;

  protected constructor(model: WasmModel) {
    this.model = model;
    this.at = model.takeArena();
  }

  async save(): Promise<SavedState> {
    return this.model.arena(this.at).slice();
  }

  async restore(state: SavedState): Promise<void> {
    this.model.arena(this.at).set(state as Uint8Array);
    this.moved();
  }

  async close(): Promise<void> {
    if (!this.#closed) this.model.giveBack(this.at);
    this.#closed = true;
  }

  /** Another stream's bytes lie in the arena: its addresses are to be made anew. */
  protected abstract moved(): void;
}

class WasmDecoder extends WasmStream implements Omit<FrameDecoder, "conceal"> {
  constructor(model: WasmModel) {
    super(model);
    model.wasm.openDecoder(this.at);
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const group = this.model.wasm.framesAtOnce() * this.model.layers;
    const pieces: Float32Array[] = [];
    for (let at = 0; at < codes.length; at += group) pieces.push(this.#decode(codes.subarray(at, at + group)));
    return joinFloats(pieces);
  }

  async flush(): Promise<Float32Array> {
    return this.model.samples(checked(this.model.wasm.flush(this.at))).slice();
  }

  async reset(): Promise<void> {
    this.model.wasm.reset(this.at);
  }

  async setGains(gains: Float32Array): Promise<void> {
    const { wasm, layers } = this.model;
    new Float32Array(wasm.memory.buffer, wasm.gainsAt(), layers).set(gains);
    checked(wasm.setGains(this.at));
  }

  protected moved(): void {
    this.model.wasm.decoderMoved(this.at);
  }

  #decode(codes: Int16Array): Float32Array {
    this.model.codes(codes.length).set(codes);
    return this.model.samples(checked(this.model.wasm.decode(this.at, codes.length / this.model.layers))).slice();
  }
}

class WasmEncoder extends WasmStream implements FrameEncoder {
  readonly #samplesAtOnce: number;

  /** @param model whose frames have {@link FRAME_SAMPLES} samples */
  constructor(model: WasmModel) {
    super(model);
    this.#samplesAtOnce = model.wasm.framesAtOnce() * FRAME_SAMPLES;
    model.wasm.openEncoder(this.at);
  }

  async push(samples: Float32Array): Promise<Int16Array> {
    const pieces: Int16Array[] = [];
    for (let at = 0; at < samples.length; at += this.#samplesAtOnce) {
      const piece = samples.subarray(at, at + this.#samplesAtOnce);
      this.model.samples(piece.length).set(piece);
      const count = checked(this.model.wasm.encode(this.at, piece.length)) * this.model.layers;
      pieces.push(this.model.codes(count).slice());
    }
    return joinIntegers(pieces);
  }

  async flush(): Promise<Int16Array> {
    return this.model.codes(checked(this.model.wasm.encodeFlush(this.at)) * this.model.layers).slice();
  }

  async reset(): Promise<void> {
    this.model.wasm.resetEncoder(this.at);
  }

  protected moved(): void {
    this.model.wasm.encoderMoved(this.at);
  }
}

/** Samples of a frame, T12_FRAME_SAMPLES in C. */
const FRAME_SAMPLES = 1920;

/** A status below zero is misuse that the caller's checks let through. */
function checked(status: number): number {
  if (status < 0) throw new CodecError("runtime", `Cannot go on: the code in C answered with status ${status}; check codes and gains`);
  return status;
}
