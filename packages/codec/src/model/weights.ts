import { CodecError } from "../errors.ts";
import type { WeightSource } from "../graph/builder.ts";
import { readSafetensorsIndex, tensorData, toFloat32 } from "./safetensors.ts";

/** Suffix of the tensor that holds the scales of an int8 tensor. */
const SCALE_SUFFIX = ".scale";

/**
 * The weights in a safetensors file, as float32. Int8 tensors stand beside their scales (`NAME.scale`, float32, whose shape is a prefix of the
 * tensor's: one scale for each output channel or codebook entry) and come out multiplied by them.
 */
export class SafetensorsWeights implements WeightSource {
  readonly #bytes: Uint8Array;
  readonly #index: ReturnType<typeof readSafetensorsIndex>;

  /**
   * @param bytes the whole file; kept, not copied
   * @throws CodecError `bad-model` when it is no safetensors file
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#index = readSafetensorsIndex(bytes);
  }

  weight(name: string, dims: readonly number[]): Float32Array {
    const entry = this.#index.tensors.get(name);
    if (!entry)
      throw new CodecError(
        "bad-model",
        `Cannot find the tensor "${name}" in model.safetensors: the file belongs to another model or is incomplete; get the model again`,
      );
    if (entry.shape.join() !== dims.join()) {
      throw new CodecError(
        "bad-model",
        `Cannot use the tensor "${name}": its shape is [${entry.shape.join(", ")}], the configuration asks for [${dims.join(", ")}]; get the model again`,
      );
    }
    return entry.dtype === "I8" ? this.#dequantized(name, dims) : toFloat32(this.#bytes, this.#index, name);
  }

  /** The bytes of a tensor as they are stored, with those of its scales: what identifies a codebook. */
  stored(name: string): Uint8Array[] {
    return [name, name + SCALE_SUFFIX]
      .filter((n) => this.#index.tensors.has(n))
      .map((n) => bytesOf(tensorData(this.#bytes, this.#index, n)));
  }

  #dequantized(name: string, dims: readonly number[]): Float32Array {
    const scaleName = name + SCALE_SUFFIX;
    const scaleShape = this.#index.tensors.get(scaleName)?.shape;
    if (!scaleShape || scaleShape.some((size, axis) => size !== dims[axis])) {
      throw new CodecError(
        "bad-model",
        `Cannot use the int8 tensor "${name}": "${scaleName}" is missing or its shape is no prefix of [${dims.join(", ")}]; get the model again`,
      );
    }
    const scales = toFloat32(this.#bytes, this.#index, scaleName);
    const values = tensorData(this.#bytes, this.#index, name);
    const block = values.length / scales.length;
    const out = new Float32Array(values.length);
    for (let i = 0; i < scales.length; i++) {
      for (let j = i * block; j < (i + 1) * block; j++) out[j] = Number(values[j]) * scales[i];
    }
    return out;
  }
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
