/** A compact model as the blob that `embedded/` opens in place: a header of 96 bytes, records of 32 bytes, then their data, each at a multiple of 32. */
import { readFileSync } from "node:fs";
import { crc32c } from "@twelvehz/codec";
import { floatsOf, readSafetensorsIndex, type TensorArray, tensorData } from "../../packages/codec/dist/model/safetensors.js";

const HEADER_BYTES = 96;
const RECORD_BYTES = 32;
const BINS = 481;
/** Columns of four as the kernels read them. */
const COLUMN_ORDER = [0, 2, 1, 3];

type Config = Record<"layers" | "codebook_size" | "codebook_dim" | "bands" | "single_bins" | "fine_dim" | "dim", number> &
  Record<"iterations" | "open_steps" | "floor" | "momentum" | "tolerance", number> & { readonly depth: readonly number[] };

class BlobWriter {
  readonly #records: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  readonly #file: Uint8Array;
  readonly #index;

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#index = readSafetensorsIndex(file);
  }

  put(name: string, data: TensorArray | Uint16Array): void {
    this.#records.push({ name, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  }

  stored(name: string): TensorArray {
    return tensorData(this.#file, this.#index, name);
  }

  shape(name: string): readonly number[] {
    return this.#index.tensors.get(name)?.shape ?? [];
  }

  floats(name: string): Float32Array {
    return floatsOf(this.stored(name), this.#index.tensors.get(name)?.dtype ?? "F32");
  }

  /** An int8 matrix in fours of rows and columns; what `gain` multiplies each row by goes into scale and bias. */
  matrix(name: string, gain?: Float32Array): void {
    const weight = this.stored(`${name}.weight`) as Int8Array;
    const rows = this.shape(`${name}.weight`)[0];
    const columns = weight.length / rows;
    const out = new Int8Array(weight.length);
    let at = 0;
    for (let r = 0; r < rows; r += 4)
      for (let k = 0; k < columns; k += 4)
        for (let i = 0; i < 4; i++) for (const j of COLUMN_ORDER) out[at++] = weight[(r + i) * columns + k + j];
    let most = 0;
    for (let r = 0; r < rows; r++)
      most = Math.max(
        most,
        weight.subarray(r * columns, (r + 1) * columns).reduce((s, x) => s + Math.abs(x), 0),
      );
    this.put(`${name}.weight`, out);
    this.put(
      `${name}.scale`,
      this.floats(`${name}.weight.scale`).map((x, r) => x * (gain?.[r] ?? 1)),
    );
    this.put(
      `${name}.bias`,
      this.floats(`${name}.bias`).map((x, r) => x * (gain?.[r] ?? 1)),
    );
    this.put(`${name}.limit`, Float32Array.of(Math.min(32767, Math.floor((2 ** 31 - 1) / most))));
  }

  /** A ConvNeXt block; the depthwise kernel with the taps outside. */
  block(name: string): void {
    const kernel = this.stored(`${name}.dw.weight`) as Int8Array;
    const scale = this.floats(`${name}.dw.weight.scale`);
    const taps = kernel.length / scale.length;
    const across = new Float32Array(kernel.length);
    for (let c = 0; c < scale.length; c++) for (let t = 0; t < taps; t++) across[t * scale.length + c] = kernel[c * taps + t] * scale[c];
    this.put(`${name}.dw`, across);
    this.put(`${name}.dw.bias`, this.floats(`${name}.dw.bias`));
    this.norm(`${name}.n`);
    this.matrix(`${name}.a`);
    this.matrix(`${name}.b`, this.floats(`${name}.g`));
  }

  norm(name: string): void {
    for (const part of ["weight", "bias"]) this.put(`${name}.${part}`, this.floats(`${name}.${part}`));
  }

  finish(config: Config, id: string): Uint8Array {
    const start = Math.ceil((HEADER_BYTES + RECORD_BYTES * this.#records.length) / 32) * 32;
    const out = new Uint8Array(this.#records.reduce((n, { bytes }) => n + Math.ceil(bytes.length / 32) * 32, start));
    const view = new DataView(out.buffer);
    out.set(new TextEncoder().encode("T12D"));
    view.setUint32(4, 1, true);
    view.setUint32(8, out.length, true);
    out.set(
      Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16)),
      16,
    );
    view.setUint32(32, this.#records.length, true);
    const { layers, codebook_size, codebook_dim, bands, fine_dim, dim, depth, iterations, open_steps, floor, momentum, tolerance } = config;
    const shape = [
      layers,
      codebook_size,
      codebook_dim,
      bands,
      fine_dim,
      dim,
      2 * fine_dim,
      3 * dim,
      depth[2],
      depth[3],
      iterations,
      open_steps,
    ];
    shape.forEach((value, i) => view.setUint16(36 + 2 * i, value, true));
    [floor, momentum, tolerance].forEach((value, i) => view.setFloat32(60 + 4 * i, value, true));
    let at = start;
    this.#records.forEach(({ name, bytes }, i) => {
      const record = HEADER_BYTES + RECORD_BYTES * i;
      out.set(new TextEncoder().encode(name), record);
      view.setUint32(record + 24, at, true);
      view.setUint32(record + 28, bytes.length, true);
      out.set(bytes, at);
      at += Math.ceil(bytes.length / 32) * 32;
    });
    view.setUint32(12, crc32c(out.subarray(16)), true);
    return out;
  }
}

/** Where each bin lies between the centres of two bands: the lower one, and the share of the upper one. Bands are single bins, then geometric. */
function binTable({ bands, single_bins: single }: Config): { lower: Uint16Array; share: Float32Array } {
  let [low, high] = [1.0001, 1.5];
  for (let round = 0; round < 80; round++) {
    const middle = (low + high) / 2;
    if ((middle ** (bands - single) - 1) / (middle - 1) < BINS - 1 - single) low = middle;
    else high = middle;
  }
  const centres = Array.from({ length: single }, (_, i) => i);
  for (let i = 0; i < bands - single; i++) centres.push(centres[centres.length - 1] + ((low + high) / 2) ** i);
  const [lower, share] = [new Uint16Array(BINS), new Float32Array(BINS)];
  for (let k = 0; k < BINS; k++) {
    const above = centres.findIndex((centre) => centre >= k);
    lower[k] = above < 0 ? bands - 2 : Math.max(0, above - 1);
    share[k] = above < 0 ? 1 : above === 0 ? 0 : (k - centres[above - 1]) / (centres[above] - centres[above - 1]);
  }
  return { lower, share };
}

/**
 * @param folder with `config.json` and `model.safetensors` of int8 weights
 * @param id identity of the model, 32 hexadecimal digits
 */
export function makeBlob(folder: string, id: string): Uint8Array {
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as Config;
  const blob = new BlobWriter(readFileSync(`${folder}/model.safetensors`));
  blob.put("codebooks", blob.stored("codebooks"));
  blob.put("codebooks.scale", blob.floats("codebooks.scale"));
  blob.matrix("out");
  for (let i = 0; i < config.depth[2]; i++) blob.block(`p1.${i}`);
  for (const name of ["pn", "hn"]) blob.norm(name);
  blob.matrix("up");
  for (let i = 0; i < config.depth[3]; i++) blob.block(`p2.${i}`);
  blob.matrix("head");
  for (const name of ["std", "mean"]) blob.put(name, blob.floats(name));
  blob.put("priority.weight", blob.stored("priority.weight"));
  blob.put("priority.scale", blob.floats("priority.weight.scale"));
  blob.put("priority.bias", blob.floats("priority.bias"));
  blob.put(
    "window",
    Float32Array.from({ length: 960 }, (_, i) => Math.sin((Math.PI * i) / 960) ** 2),
  );
  const { lower, share } = binTable(config);
  blob.put("bins.share", share);
  blob.put("bins.lower", lower);
  return blob.finish(config, id);
}
