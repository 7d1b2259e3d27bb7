/**
 * The decoder in C as a WebAssembly module (embedded/wasm/exports.c): one model in its memory, any
 * number of decoders. Networks, phases and states are all inside; codes go in and samples come out.
 * A frame's samples have the same bits on every machine, however the frames are cut.
 */
import type { FrameDecoder, SavedState } from "../../runtime/engine.ts";
import { CodecError } from "../../errors.ts";
import { joinFloats } from "../../bytes/join.ts";
import type { DecoderModule } from "../../runtime/decoder-module.ts";

/** What the module exports; addresses are byte offsets into its memory, 0 is none. */
interface DecoderExports {
  readonly memory: WebAssembly.Memory;
  room(bytes: number): number;
  openModel(blob: number, bytes: number): number;
  arenaBytes(): number;
  openDecoder(arena: number): number;
  codesAt(): number;
  gainsAt(): number;
  samplesAt(): number;
  framesAtOnce(): number;
  decode(decoder: number, frames: number): number;
  flush(decoder: number): number;
  reset(decoder: number): void;
  setGains(decoder: number): number;
  moved(decoder: number, from: number): void;
}

/** The arena of a decoder, and where it was. */
interface WasmDecoderState {
  readonly arena: Uint8Array;
  readonly at: number;
}

/** One model in a WebAssembly instance of its own. */
export class WasmDecoderModel {
  readonly #wasm: DecoderExports;
  readonly #layers: number;
  /** Arenas of decoders that were closed. */
  readonly #spare: number[] = [];

  private constructor(wasm: DecoderExports, layers: number) {
    this.#wasm = wasm;
    this.#layers = layers;
  }

  /**
   * @param module packages/codec/wasm/decoder-simd.wasm, or decoder.wasm for machines without SIMD
   * @param blob as `compactDecoderBlob` makes it; copied
   * @param layers K of the model
   * @throws CodecError `runtime` where there is not enough memory, `bad-model` for a blob that
   * cannot be used
   */
  static async open(module: DecoderModule, blob: Uint8Array, layers: number): Promise<WasmDecoderModel> {
    const { exports } = await WebAssembly.instantiate(module, {});
    const wasm = exports as unknown as DecoderExports;
    const at = roomFor(wasm, blob.length);
    new Uint8Array(wasm.memory.buffer).set(blob, at);
    const status = wasm.openModel(at, blob.length);
    if (status < 0)
      throw new CodecError(
        "bad-model",
        `Cannot use the weights of the decoder: they are not all finite (status ${status}); get the model again`,
      );
    return new WasmDecoderModel(wasm, layers);
  }

  /** Opens a decoder; its arena is used again after its `close()`. */
  openDecoder(): Omit<FrameDecoder, "conceal"> {
    const arena = this.#spare.pop() ?? roomFor(this.#wasm, this.#wasm.arenaBytes());
    return new WasmDecoder(this.#wasm, this.#wasm.openDecoder(arena), this.#layers, () => this.#spare.push(arena));
  }
}

function roomFor(wasm: DecoderExports, bytes: number): number {
  const at = wasm.room(bytes);
  if (at === 0) throw new CodecError("runtime", `Cannot take ${bytes} bytes of memory for the decoder; close streams or other programs`);
  return at;
}

class WasmDecoder implements Omit<FrameDecoder, "conceal"> {
  readonly #wasm: DecoderExports;
  readonly #decoder: number;
  readonly #layers: number;
  readonly #giveBack: () => void;
  #closed = false;

  constructor(wasm: DecoderExports, decoder: number, layers: number, giveBack: () => void) {
    this.#wasm = wasm;
    this.#decoder = decoder;
    this.#layers = layers;
    this.#giveBack = giveBack;
  }

  async push(codes: Int16Array): Promise<Float32Array> {
    const group = this.#wasm.framesAtOnce() * this.#layers;
    const pieces: Float32Array[] = [];
    for (let at = 0; at < codes.length; at += group) pieces.push(this.#decode(codes.subarray(at, at + group)));
    return joinFloats(pieces);
  }

  async flush(): Promise<Float32Array> {
    return this.#samples(this.#wasm.flush(this.#decoder));
  }

  async reset(): Promise<void> {
    this.#wasm.reset(this.#decoder);
  }

  async save(): Promise<SavedState> {
    return { arena: this.#arena().slice(), at: this.#decoder } satisfies WasmDecoderState;
  }

  async restore(state: SavedState): Promise<void> {
    const { arena, at } = state as WasmDecoderState;
    this.#arena().set(arena);
    this.#wasm.moved(this.#decoder, at);
  }

  async setGains(gains: Float32Array): Promise<void> {
    new Float32Array(this.#wasm.memory.buffer, this.#wasm.gainsAt(), this.#layers).set(gains);
    checked(this.#wasm.setGains(this.#decoder));
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#giveBack();
    this.#closed = true;
  }

  /** The memory of this decoder, which begins with the decoder itself. */
  #arena(): Uint8Array {
    return new Uint8Array(this.#wasm.memory.buffer, this.#decoder, this.#wasm.arenaBytes());
  }

  #decode(codes: Int16Array): Float32Array {
    new Int16Array(this.#wasm.memory.buffer, this.#wasm.codesAt(), codes.length).set(codes);
    return this.#samples(this.#wasm.decode(this.#decoder, codes.length / this.#layers));
  }

  /**
   * A copy of what the last call has written. The view is made anew each time: memory that grows
   * moves.
   */
  #samples(written: number): Float32Array {
    return new Float32Array(this.#wasm.memory.buffer, this.#wasm.samplesAt(), checked(written)).slice();
  }
}

/** A status below zero is misuse that the caller's checks let through. */
function checked(status: number): number {
  if (status < 0) throw new CodecError("runtime", `Cannot decode: the decoder answered with status ${status}; check codes and gains`);
  return status;
}
