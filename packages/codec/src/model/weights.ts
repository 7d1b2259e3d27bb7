import { CodecError } from "../errors.ts";
import type { StoredWeight, WeightSource } from "../graph/builder.ts";
import type { ExternalData } from "../graph/onnx.ts";
import { floatsOf, readSafetensorsIndex, type SafetensorsIndex, type TensorArray, type TensorEntry, tensorData } from "./safetensors.ts";

/** Suffix of the tensor that holds the scales of an int8 tensor. */
const SCALE_SUFFIX = ".scale";
/** What the types of a safetensors file are called in a graph. */
const TYPES: Readonly<Record<string, StoredWeight["type"]>> = { F32: "float32", F16: "float16", BF16: "bfloat16", I8: "int8" };

/** Elements of a tensor: int8 with their scales, or floats. */
export interface Numbers {
  readonly data: Int8Array | Float32Array;
  /** Of int8 only. */
  readonly scales?: Float32Array | undefined;
}

/** Weights that can be checked, fetched ahead, and identify their model. */
export interface ModelWeights extends WeightSource {
  /** Whether there is a tensor of that name. */
  has(name: string): boolean;
  /** The type of a tensor; fails as `weight` does, without reading anything. */
  check(name: string, dims: readonly number[]): StoredWeight["type"];
  /**
   * Reads tensors, and the scales of those that have some, ahead of their use, where reading takes
   * waiting.
   */
  fetch(names: readonly string[]): Promise<void>;
  /** Forgets tensors that were fetched. */
  release(names: readonly string[]): void;
  /** The elements of a tensor that was fetched; fails as `weight` does. */
  numbers(name: string, dims: readonly number[]): Numbers;
  /** The scales of an int8 tensor that was fetched; fails as `weight` does. */
  scales(name: string, dims: readonly number[]): Float32Array;
  /** Writes the bytes of a tensor that was fetched, as they are stored; fails as `weight` does. */
  copy(name: string, dims: readonly number[], into: Uint8Array): void;
  /**
   * The bytes of a tensor as they are stored, with those of its scales: what identifies a codebook.
   */
  stored(name: string): Uint8Array[];
}

/** One safetensors file, in memory or on a disk. */
export interface WeightFile {
  readonly index: SafetensorsIndex;
  /** Reads one tensor. */
  read(name: string): TensorArray;
  /** Reads the bytes of one tensor to where they are wanted, where that saves a copy. */
  readInto?(entry: TensorEntry, into: Uint8Array): void;
  /**
   * Where a tensor lies in the file, for a backend that maps it; undefined where it must be handed
   * over.
   */
  locate?(entry: TensorEntry): ExternalData;
  /** Reads tensors ahead of {@link read}, where reading takes waiting. */
  fetch?(names: Iterable<string>): Promise<void>;
  /** Forgets tensors that were fetched. */
  release?(names: Iterable<string>): void;
}

/** A safetensors file in memory. The bytes are kept, not copied. */
export function memoryFile(bytes: Uint8Array): WeightFile {
  const index = readSafetensorsIndex(bytes);
  return { index, read: (name) => tensorData(bytes, index, name) };
}

/**
 * The weights in one or more safetensors files. Int8 tensors stand beside their scales:
 * `NAME.scale`, whose shape is a prefix of the tensor's.
 */
export class SafetensorsWeights implements ModelWeights {
  readonly folder: string | undefined;
  readonly #files: readonly WeightFile[];

  /** @param folder of the files that {@link WeightFile.locate} names */
  constructor(files: readonly WeightFile[], folder?: string) {
    this.#files = files;
    this.folder = folder;
  }

  weight(name: string, dims: readonly number[]): StoredWeight {
    const { file, entry, type } = this.#find(name, dims);
    const data = file.locate ? file.locate(entry) : file.read(name);
    return type === "int8" ? { type, data, scales: this.#scales(name, dims) } : { type, data };
  }

  numbers(name: string, dims: readonly number[]): Numbers {
    const { file, entry } = this.#find(name, dims);
    const data = file.read(name);
    return data instanceof Int8Array ? { data, scales: this.#scales(name, dims).data } : { data: floatsOf(data, entry.dtype) };
  }

  has(name: string): boolean {
    return this.#files.some(({ index }) => index.tensors.has(name));
  }

  scales(name: string, dims: readonly number[]): Float32Array {
    return this.#scales(name, dims).data;
  }

  copy(name: string, dims: readonly number[], into: Uint8Array): void {
    const { file, entry } = this.#find(name, dims);
    if (file.readInto) return file.readInto(entry, into);
    const { buffer, byteOffset, byteLength } = file.read(name);
    into.set(new Uint8Array(buffer, byteOffset, byteLength));
  }

  check(name: string, dims: readonly number[]): StoredWeight["type"] {
    const { type } = this.#find(name, dims);
    if (type === "int8") this.#scaleEntry(name, dims);
    return type;
  }

  async fetch(names: readonly string[]): Promise<void> {
    await Promise.all(this.#files.map((file) => file.fetch?.(withScales(names))));
  }

  release(names: readonly string[]): void {
    for (const file of this.#files) file.release?.(withScales(names));
  }

  stored(name: string): Uint8Array[] {
    return withScales([name]).flatMap((n) => {
      const data = this.#files.find(({ index }) => index.tensors.has(n))?.read(n);
      return data ? [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] : [];
    });
  }

  #find(name: string, dims: readonly number[]): { file: WeightFile; entry: TensorEntry; type: StoredWeight["type"] } {
    const file = this.#files.find(({ index }) => index.tensors.has(name));
    const entry = file?.index.tensors.get(name);
    if (!file || !entry) throw bad(name, "it is not in model.safetensors: the file belongs to another model or is incomplete");
    if (entry.shape.join() !== dims.join())
      throw bad(name, `its shape is [${entry.shape.join(", ")}], the configuration asks for [${dims.join(", ")}]`);
    const type = TYPES[entry.dtype];
    if (!type) throw bad(name, `its type is ${entry.dtype}, known are ${Object.keys(TYPES).join(", ")}`);
    return { file, entry, type };
  }

  #scaleEntry(name: string, dims: readonly number[]): { file: WeightFile; entry: TensorEntry } {
    const file = this.#files.find(({ index }) => index.tensors.has(name + SCALE_SUFFIX));
    const entry = file?.index.tensors.get(name + SCALE_SUFFIX);
    if (!file || !entry || entry.shape.some((size, axis) => size !== dims[axis]))
      throw bad(name, `its scales are missing, or their shape is no prefix of [${dims.join(", ")}]`);
    return { file, entry };
  }

  #scales(name: string, dims: readonly number[]): { readonly dims: readonly number[]; readonly data: Float32Array } {
    const { file, entry } = this.#scaleEntry(name, dims);
    return { dims: entry.shape, data: floatsOf(file.read(name + SCALE_SUFFIX), entry.dtype) };
  }
}

function withScales(names: readonly string[]): string[] {
  return names.flatMap((name) => [name, name + SCALE_SUFFIX]);
}

/**
 * The names of the weights that a graph uses, found by building it with a source that only checks
 * names, shapes and types: what does not fit fails before anything is loaded.
 */
export function weightNames(
  weights: { check(name: string, dims: readonly number[]): unknown },
  build: (source: WeightSource) => unknown,
): string[] {
  const names: string[] = [];
  const nothing: StoredWeight = { type: "float32", data: new Float32Array(0) };
  build({
    weight(name, dims) {
      weights.check(name, dims);
      names.push(name);
      return nothing;
    },
  });
  return names;
}

function bad(name: string, what: string): CodecError {
  return new CodecError("bad-model", `Cannot use the tensor "${name}": ${what}; get the model again`);
}
