import { Codes, type CodesSpec, type DecodeStream } from "@twelvehz/codec";
import type { PulledFrame } from "./jitter-buffer.ts";

/**
 * Turns what a jitter buffer gives into sound: frames of which some layers came are decoded from
 * those, lost ones concealed.
 */
export class FramePlayer {
  readonly #stream: DecodeStream;
  readonly #spec: CodesSpec;
  /** Layers that the stream uses now. */
  #layers: number;

  /**
   * @param stream a fresh one of all layers, which stays the caller's
   * @param spec of the model
   */
  constructor(stream: DecodeStream, spec: CodesSpec) {
    this.#stream = stream;
    this.#spec = spec;
    this.#layers = spec.layers;
  }

  /**
   * The samples of a frame, at the model's rate; those of the first are fewer by what the decoder
   * keeps open.
   */
  async play(pulled: PulledFrame): Promise<Float32Array> {
    const codes = "codes" in pulled ? pulled.codes : undefined;
    if (!codes) return this.#stream.conceal(pulled.kind === "lost" && pulled.next ? this.#codes(pulled.next) : undefined);
    if (codes.length !== this.#layers) await this.#stream.setLayers({ layers: codes.length });
    this.#layers = codes.length;
    const all = new Int16Array(this.#spec.layers);
    all.set(codes);
    return this.#stream.push(this.#codes(all));
  }

  #codes(layers: Int16Array): Codes {
    return new Codes(layers, layers.length, this.#spec);
  }
}
