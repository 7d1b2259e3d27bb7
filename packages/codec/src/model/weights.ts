import { CodecError } from "../errors.ts";
import type { StoredWeight, WeightSource } from "../graph/builder.ts";
import { readSafetensorsIndex, type SafetensorsIndex, tensorData, toFloat32 } from "./safetensors.ts";

/** Suffix of the tensor that holds the scales of an int8 tensor. */
const SCALE_SUFFIX = ".scale";
/** What the types of a safetensors file are called in a graph. */
const TYPES: Readonly<Record<string, StoredWeight["type"]>> = { F32: "float32", F16: "float16", BF16: "bfloat16", I8: "int8" };

/** The weights in a safetensors file. Int8 tensors stand beside their scales: `NAME.scale`, whose shape is a prefix of the tensor's. */
export class SafetensorsWeights implements WeightSource {
  readonly #bytes: Uint8Array;
  readonly #index: SafetensorsIndex;

  /**
   * @param bytes the whole file; kept, not copied
   * @throws CodecError `bad-model` when it is no safetensors file
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#index = readSafetensorsIndex(bytes);
  }

  weight(name: string, dims: readonly number[]): StoredWeight {
    const entry = this.#index.tensors.get(name);
    if (!entry) throw bad(name, "it is not in model.safetensors: the file belongs to another model or is incomplete");
    if (entry.shape.join() !== dims.join())
      throw bad(name, `its shape is [${entry.shape.join(", ")}], the configuration asks for [${dims.join(", ")}]`);
    const type = TYPES[entry.dtype];
    if (!type) throw bad(name, `its type is ${entry.dtype}, known are ${Object.keys(TYPES).join(", ")}`);
    const data = tensorData(this.#bytes, this.#index, name);
    return type === "int8" ? { type, data, scales: this.#scales(name, dims) } : { type, data };
  }

  /** The bytes of a tensor as they are stored, with those of its scales: what identifies a codebook. */
  stored(name: string): Uint8Array[] {
    return [name, name + SCALE_SUFFIX]
      .filter((n) => this.#index.tensors.has(n))
      .map((n) => bytesOf(tensorData(this.#bytes, this.#index, n)));
  }

  #scales(name: string, dims: readonly number[]): NonNullable<StoredWeight["scales"]> {
    const entry = this.#index.tensors.get(name + SCALE_SUFFIX);
    if (!entry || entry.shape.some((size, axis) => size !== dims[axis]))
      throw bad(name, `its scales are missing, or their shape is no prefix of [${dims.join(", ")}]`);
    return { dims: entry.shape, data: toFloat32(this.#bytes, this.#index, name + SCALE_SUFFIX) };
  }
}

function bad(name: string, what: string): CodecError {
  return new CodecError("bad-model", `Cannot use the tensor "${name}": ${what}; get the model again`);
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
