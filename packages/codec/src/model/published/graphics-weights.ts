/** Weights of Qwen3-TTS-Tokenizer-12Hz in the shapes that kernels of a graphics card want. */
import type { Weight } from "../../gpu/plan.ts";
import type { ModelWeights } from "../weights.ts";
import { codebookPrefix } from "./decoder.ts";

/** Weights of the checkpoint, in the shapes that the kernels want. */
export class Checkpoint {
  readonly #weights: ModelWeights;

  constructor(weights: ModelWeights) {
    this.#weights = weights;
  }

  /** As it is stored. */
  tensor(name: string, ...dims: number[]): Weight {
    return { length: dims.reduce((a, b) => a * b, 1), read: () => this.floats(name, dims) };
  }

  /** Several, one after another. */
  stacked(...weights: readonly Weight[]): Weight {
    const length = weights.reduce((sum, weight) => sum + weight.length, 0);
    return weight(length, (out) => weights.reduce((at, { read, length: part }) => (out.set(read(), at), at + part), 0));
  }

  /**
   * A convolution, `[to, from, taps * stride]` -> `[from * stride, taps, to]`: tap q of the
   * kernel meets step q mod stride of a stride.
   */
  strided(name: string, from: number, to: number, taps: number, stride: number): Weight {
    const kernel = taps * stride;
    const width = from * kernel;
    const rowOf = (c: number, q: number): number => (c * stride + (q % stride)) * taps + Math.floor(q / stride);
    return weight(to * width, (out) => {
      const stored = this.floats(`${name}.weight`, [to, from, kernel]);
      const rows = Int32Array.from({ length: width }, (_, i) => rowOf(Math.floor(i / kernel), i % kernel));
      for (let first = 0; first < to; first += TILE) {
        const end = Math.min(to, first + TILE);
        for (let i = 0; i < width; i++) for (let m = first; m < end; m++) out[rows[i] * to + m] = stored[m * width + i];
      }
    });
  }

  /**
   * A transposed convolution `[from, to, kernel]` as a plain one to `to * stride` rows: of the
   * kernel, tap q of output `t stride + j` meets input `t - floor(q / stride)`, where j = q mod
   * stride.
   */
  transposed(name: string, from: number, to: number, kernel: number, stride: number): Weight {
    const taps = kernel / stride;
    return weight(from * to * kernel, (out) => {
      const stored = this.floats(`${name}.weight`, [from, to, kernel]);
      for (let c = 0; c < from; c++) {
        for (let m = 0; m < to; m++) {
          for (let q = 0; q < kernel; q++) {
            const tap = taps - 1 - Math.floor(q / stride);
            out[(c * taps + tap) * to * stride + m * stride + (q % stride)] = stored[(c * to + m) * kernel + q];
          }
        }
      }
    });
  }

  /** SnakeBeta's two factors, of the logarithms that are stored: `exp` stays off the card. */
  snake(name: string, channels: number): Weight {
    return weight(2 * channels, (out) => {
      const [alpha, beta] = ["alpha", "beta"].map((part) => this.floats(`${name}.${part}`, [channels]));
      for (let c = 0; c < channels; c++) {
        out[c] = Math.exp(alpha[c]);
        out[channels + c] = 1 / (Math.exp(beta[c]) + 1e-9);
      }
    });
  }

  /** The decoder's entries of all codebooks, `[layers, entries, width]`. */
  codebooks(layers: number, entries: number, width: number): Weight {
    return weight(layers * entries * width, (out) => {
      for (let layer = 0; layer < layers; layer++)
        out.set(this.#entries(codebookPrefix(layer), "embedding_sum", entries, width), layer * entries * width);
    });
  }

  /** The encoder's, one channel of all entries after another: `[layers, width, entries]`. */
  searchedBooks(layers: number, entries: number, width: number): Weight {
    return weight(layers * entries * width, (out) => {
      for (let layer = 0; layer < layers; layer++) {
        const [part, index] = layer === 0 ? ["semantic", 0] : ["acoustic", layer - 1];
        const prefix = `encoder.quantizer.${part}_residual_vector_quantizer.layers.${index}.codebook`;
        const stored = this.#entries(prefix, "embed_sum", entries, width);
        for (let i = 0; i < stored.length; i++) out[(layer * width + (i % width)) * entries + Math.floor(i / width)] = stored[i];
      }
    });
  }

  /** Entries of a codebook, `[entries, width]`: sums over usage. */
  #entries(prefix: string, sumName: string, entries: number, width: number): Float32Array {
    const usage = this.floats(`${prefix}.cluster_usage`, [entries]);
    const sums = this.floats(`${prefix}.${sumName}`, [entries, width]);
    return sums.map((sum, i) => sum / Math.max(usage[Math.floor(i / width)], LEAST_USAGE));
  }

  /** The projections of both parts of the quantizer side by side: `[dim, 2 width]`. */
  projections(dim: number, width: number): Weight {
    return weight(2 * dim * width, (out) => {
      ["rvq_first", "rvq_rest"].forEach((part, half) => {
        const stored = this.floats(`decoder.quantizer.${part}.output_proj.weight`, [dim, width, 1]);
        for (let m = 0; m < dim; m++) out.set(stored.subarray(m * width, (m + 1) * width), (2 * m + half) * width);
      });
    });
  }

  /** Floats of a tensor, int8 times its scales. Not to be written to. */
  floats(name: string, dims: readonly number[]): Float32Array {
    const { data, scales } = this.#weights.numbers(name, dims);
    if (data instanceof Float32Array) return data;
    if (!scales) return Float32Array.from(data);
    const each = data.length / scales.length;
    return Float32Array.from(data, (x, i) => x * scales[Math.floor(i / each)]);
  }
}

/** Outputs that are transposed at once: a line of the processor's cache. */
const TILE = 16;

/** The usage of an entry that was never used (qwen-tts 0.1.1, EuclideanCodebook). */
const LEAST_USAGE = Math.fround(1e-5);

/** Weights that are made when they are needed. */
function weight(length: number, fill: (out: Float32Array) => void): Weight {
  return {
    length,
    read() {
      const out = new Float32Array(length);
      fill(out);
      return out;
    },
  };
}

/**
 * Cosines and sines of the rotary positions, by distance (Su et al. 2021, equation 15), made in
 * double: `[steps, headDim]`.
 */
export function turns(steps: number, headDim: number, theta: number): Weight {
  const half = headDim / 2;
  return weight(steps * headDim, (out) => {
    for (let distance = 0; distance < steps; distance++) {
      for (let i = 0; i < half; i++) {
        const angle = distance * theta ** (-i / half);
        out[distance * headDim + i] = Math.cos(angle);
        out[distance * headDim + half + i] = Math.sin(angle);
      }
    }
  });
}
