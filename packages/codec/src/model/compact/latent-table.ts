import { joinFloats } from "../../bytes/join.ts";
import type { HeardFrame } from "../concealing-decoder.ts";
import type { Numbers } from "../weights.ts";
import type { CompactConfig } from "./config.ts";

/** From codes to the latent that they stand for, and back. */
export class LatentTable {
  readonly #config: CompactConfig;
  readonly #entries: Int8Array | Float32Array;
  /** One for each entry. */
  readonly #scales: Float32Array;
  /** |entry|^2, one for each entry, after scaling. */
  readonly #squares: Float32Array;

  /** @param codebooks `[K, V, D]` */
  constructor(config: CompactConfig, { data, scales }: Numbers) {
    const width = config.codebookDim;
    this.#config = config;
    this.#entries = data;
    this.#scales = scales ?? new Float32Array(data.length / width).fill(1);
    this.#squares = squaresOf(data, this.#scales);
  }

  /** The latents of frames one after another, `[n D]`. */
  latentsOf(frames: readonly HeardFrame[]): Float32Array {
    return joinFloats(frames.map((frame) => this.#latentOf(frame)));
  }

  #latentOf({ codes, gains }: HeardFrame): Float32Array {
    const { codebookSize, codebookDim: width } = this.#config;
    const sum = new Float64Array(width);
    codes.forEach((code, layer) => {
      const entry = layer * codebookSize + code;
      const factor = this.#scales[entry] * (gains?.[layer] ?? 1);
      for (let i = 0; i < width; i++) sum[i] += factor * this.#entries[entry * width + i];
    });
    return Float32Array.from(sum);
  }

  /**
   * Codes `[K]` whose entries come near to a latent, found layer by layer: the nearest entry to
   * what the layers before have left.
   */
  codesOf(latent: Float32Array): Int16Array {
    const { layers, codebookDim: width } = this.#config;
    const left = latent.slice();
    return Int16Array.from({ length: layers }, (_, layer) => {
      const code = this.#nearest(layer, left);
      const entry = layer * this.#config.codebookSize + code;
      for (let i = 0; i < width; i++) left[i] -= this.#scales[entry] * this.#entries[entry * width + i];
      return code;
    });
  }

  #nearest(layer: number, vector: Float32Array): number {
    const { codebookSize, codebookDim: width } = this.#config;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let code = 0; code < codebookSize; code++) {
      const entry = layer * codebookSize + code;
      let product = 0;
      for (let i = 0, at = entry * width; i < width; i++, at++) product += vector[i] * this.#entries[at];
      const distance = this.#squares[entry] - 2 * this.#scales[entry] * product;
      if (distance < least) [least, best] = [distance, code];
    }
    return best;
  }
}

/** |entry|^2 of each entry, after scaling. */
export function squaresOf(entries: Numbers["data"], scales: Float32Array): Float32Array {
  const width = entries.length / scales.length;
  return scales.map((scale, entry) => {
    let sum = 0;
    for (let i = entry * width; i < (entry + 1) * width; i++) sum += entries[i] * entries[i];
    return sum * scale * scale;
  });
}
