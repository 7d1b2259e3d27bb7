/**
 * A compact model as a blob: matrices in the order in which the kernels read them,
 * and the tables that are computed elsewhere.
 */
import { WINDOW } from "../../dsp/frames.ts";
import { bandTriangles, binInterpolation } from "../../dsp/log-bands.ts";
import { CodecError } from "../../errors.ts";
import type { BlobBits, BlobChoices, BlobParts, IdentifiedModel } from "../family.ts";
import type { ModelWeights, Numbers } from "../weights.ts";
import { type BlobShape, type RecordBytes, writeBlob, type WriteBlobOptions } from "./blob.ts";
import { type BlobKernels, blobKernels } from "./blob-kernels.ts";
import type { CompactConfig } from "./config.ts";
import { packFourBits, type ScaledRows, toFourBits } from "./four-bits.ts";
import { squaresOf } from "./latent-table.ts";
import { hasPredictor, predictorShapes } from "./latent-predictor.ts";
import { FINE_EXPANSION, FRAME_EXPANSION } from "./networks.ts";
import { weightShapes } from "./weight-shapes.ts";

/** Blocks that one network may have at most, as the decoder in C counts them. */
const MOST_BLOCKS = 8;
/** Sums that the search in C keeps at most, and the widest network at 100 Hz. */
const WIDEST_BEAM = 8;
const WIDEST_FINE = 1024;
/** Codebook width up to which the sums that decide the order of phases stay in 32 bits. */
const WIDEST_CODE = 256;
/** Largest 32-bit sum, and largest 16-bit activation. */
const LARGEST_SUM = 2 ** 31 - 1;
const LARGEST_ACTIVATION = 32767;

/** Matrices that can have weights of 4 bits: seven parts of eight of a network's weights. */
const COARSE = /^(?:p1\.|up$|e2\.|down$)/;

/** Codes of {@link BlobParts} in the header; a decoder alone has the header of old. */
const PART_CODES: Readonly<Record<BlobParts, number>> = { decoder: 0, encoder: 2, both: 3 };

/** Names and shapes of the weights of some parts. */
const weightsOf = (parts: BlobParts, config: CompactConfig): (readonly [string, readonly number[]])[] =>
  (["decoder", "encoder"] as const).filter((half) => parts === "both" || parts === half).flatMap((half) => [...weightShapes(half, config)]);

/** How {@link compactBlobForC} makes a blob. */
interface BlobOptions extends WriteBlobOptions, BlobChoices {
  /** What lays the weights out, for memory that it can reach. Default: TypeScript. */
  readonly kernels?: BlobKernels;
}

/**
 * Makes the blob of a compact model.
 * @param id identity of the model, 32 hexadecimal digits
 * @param weights int8 matrices; fetched here and released again
 * @throws CodecError `unsupported` for sizes or weights that the code in C does not take, and for a
 * predictor that the model does not have
 */
export async function compactBlobForC(
  { config, id, weights }: IdentifiedModel<CompactConfig>,
  parts: BlobParts,
  { bits = 8, predictor = false, kernels = blobKernels, ...options }: BlobOptions = {},
): Promise<Uint8Array> {
  const obstacle = obstacleIn(config) ?? (bits === 4 ? obstacleTo4Bits(config) : undefined);
  if (obstacle) throw unsupported(obstacle);
  const predicts = predictor && parts !== "encoder";
  if (predicts && !hasPredictor(config, weights)) throw unsupported("it has no predictor of lost frames");
  const dims = new Map([...weightsOf(parts, config), ...(predicts ? predictorShapes(config) : [])]);
  const names = [...dims.keys()];
  await weights.fetch(names);
  const making = new Parts(weights, dims, { bits, kernels });
  const records = recordsOf(config, making, parts);
  if (predicts) putPredictor(config, making);
  const blob = writeBlob({ id, shape: { ...shapeOf(config, parts), coarseBits: bits === 4 ? 4 : 0 }, records }, options);
  weights.release(names);
  return blob;
}

/** Weights that must be int8 with scales; all others are floats. */
const INTEGERS = /^codebooks$|^priority\.weight$|^(?:ein|down|inp|out|up|head)\.weight$|\.(?:a|b|dw)\.weight$/;

/** Whether the code in C takes a model: its sizes, and the types of its weights. */
export function runsInC(config: CompactConfig, weights: ModelWeights): boolean {
  const fits = (name: string, shape: readonly number[]): boolean => (weights.check(name, shape) === "int8") === INTEGERS.test(name);
  return obstacleIn(config) === undefined && weightsOf("both", config).every(([name, shape]) => fits(name, shape));
}

/** What keeps a configuration from being run in C. */
function obstacleIn({ codebookDim, codebookSize, bands, fineDim, dim, depth, beamWidth }: CompactConfig): string | undefined {
  const widths = { codebook_dim: codebookDim, bands, fine_dim: fineDim, dim };
  for (const [field, width] of Object.entries(widths)) if (width % 4 !== 0) return `"${field}" is ${width}, it must be a multiple of 4`;
  if (codebookDim % 8 !== 0) return `"codebook_dim" is ${codebookDim}, it must be a multiple of 8`;
  if (codebookDim > WIDEST_CODE) return `"codebook_dim" is ${codebookDim}, it must be at most ${WIDEST_CODE}`;
  if (codebookSize % 8 !== 0) return `"codebook_size" is ${codebookSize}, it must be a multiple of 8`;
  if (fineDim > WIDEST_FINE) return `"fine_dim" is ${fineDim}, it must be at most ${WIDEST_FINE}`;
  if (Math.max(...depth) > MOST_BLOCKS) return `"depth" is [${depth.join(", ")}], each must be at most ${MOST_BLOCKS}`;
  if (beamWidth > WIDEST_BEAM) return `"beam_width" is ${beamWidth}, it must be at most ${WIDEST_BEAM}`;
  return undefined;
}

/** Eight weights of 4 bits share a word. */
function obstacleTo4Bits({ dim }: CompactConfig): string | undefined {
  return dim % 8 !== 0 ? `"dim" is ${dim}, for weights of 4 bits it must be a multiple of 8` : undefined;
}

function unsupported(what: string): CodecError {
  return new CodecError("unsupported", `Cannot make code for C of this model: ${what}; choose another model`);
}

function shapeOf(config: CompactConfig, parts: BlobParts): Omit<BlobShape, "coarseBits"> {
  const { fineDim, dim, depth } = config;
  return {
    ...config,
    fineHidden: FINE_EXPANSION * fineDim,
    hidden: FRAME_EXPANSION * dim,
    frameBlocks: depth[2],
    fineBlocks: depth[3],
    encoderFineBlocks: parts === "decoder" ? 0 : depth[0],
    encoderFrameBlocks: parts === "decoder" ? 0 : depth[1],
    beamWidth: parts === "decoder" ? 0 : config.beamWidth,
    parts: PART_CODES[parts],
  };
}

/** In the order in which a frame reads them; what both halves read lies where the decoder does. */
function recordsOf(config: CompactConfig, parts: Parts, wanted: BlobParts): ReadonlyMap<string, RecordBytes> {
  if (wanted !== "encoder") putDecoder(config, parts);
  if (wanted !== "decoder") putEncoder(config, parts);
  return parts.records;
}

function putDecoder(config: CompactConfig, parts: Parts): void {
  parts.codebooks();
  parts.priority();
  parts.matrix("out");
  for (let i = 0; i < config.depth[2]; i++) parts.block(`p1.${i}`);
  parts.norm("pn");
  parts.matrix("up");
  for (let i = 0; i < config.depth[3]; i++) parts.block(`p2.${i}`);
  parts.norm("hn");
  parts.matrix("head");
  parts.bands();
  parts.window();
  const { lower, share } = binInterpolation(config.bands, config.singleBins);
  parts.put("bins.share", Float32Array.from(share));
  parts.put("bins.lower", lower);
}

/** Behind the halves, as nothing of it is read while frames come. */
function putPredictor(config: CompactConfig, parts: Parts): void {
  for (const [name] of predictorShapes(config)) parts.put(name, parts.floats(name));
  parts.squares();
}

function putEncoder(config: CompactConfig, parts: Parts): void {
  parts.window();
  const { first, count, share } = bandTriangles(config.bands, config.singleBins);
  parts.put("triangle.first", first);
  parts.put("triangle.count", count);
  parts.put("triangle.share", share);
  parts.bands();
  parts.matrix("ein");
  for (let i = 0; i < config.depth[0]; i++) parts.block(`e1.${i}`);
  parts.matrix("down");
  for (let i = 0; i < config.depth[1]; i++) parts.block(`e2.${i}`);
  parts.norm("en");
  parts.matrix("inp");
  parts.codebooks();
  parts.searchTables(config.layers);
}

/**
 * Records in the making. Names are those of the checkpoint. What is large is read to where it is
 * wanted, and laid out there.
 */
class Parts {
  readonly records: Map<string, RecordBytes> = new Map();
  readonly #weights: ModelWeights;
  readonly #dims: ReadonlyMap<string, readonly number[]>;
  readonly #bits: BlobBits;
  readonly #kernels: BlobKernels;
  /** Where they lie when they have been read. */
  #codebooks: { readonly bytes: Uint8Array } = { bytes: new Uint8Array(0) };

  constructor(
    weights: ModelWeights,
    dims: ReadonlyMap<string, readonly number[]>,
    { bits, kernels }: Required<Pick<BlobOptions, "bits" | "kernels">>,
  ) {
    this.#weights = weights;
    this.#dims = dims;
    this.#bits = bits;
    this.#kernels = kernels;
  }

  put(name: string, data: ArrayBufferView): void {
    this.records.set(name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  floats(name: string): Float32Array {
    const { data, scales } = this.#numbers(name);
    if (scales || !(data instanceof Float32Array)) throw unsupported(`"${name}" is of int8, it must be of floats`);
    return data;
  }

  window(): void {
    this.put("window", Float32Array.from(WINDOW));
  }

  /** Deviation and mean of each band. */
  bands(): void {
    for (const name of ["std", "mean"]) this.put(name, this.floats(name));
  }

  codebooks(): void {
    this.#codebooks = this.#large("codebooks", () => undefined);
    this.put("codebooks.scale", this.#scales("codebooks"));
  }

  /**
   * What the search for codes knows of each entry beforehand, and of each layer: |e|^2, the largest
   * sum of sizes of an entry, and how large a residual may be as integers.
   */
  searchTables(layers: number): void {
    const scales = this.#scales("codebooks");
    const reach = new Float32Array(layers);
    let largest = 1;
    this.#later("codebooks.square", 4 * scales.length, (into) => {
      largest = this.#kernels.searchTables(this.#codebooks.bytes, scales, floatsIn(into), reach);
    });
    this.put("codebooks.reach", reach);
    this.#later("codebooks.limit", 4, (into) => {
      floatsIn(into)[0] = Math.min(LARGEST_ACTIVATION, Math.floor(LARGEST_SUM / largest));
    });
  }

  /** |e|^2 of each entry, unless the encoder has put it. */
  squares(): void {
    if (this.records.has("codebooks.square")) return;
    const { data, scales } = this.#integers("codebooks");
    this.put("codebooks.square", squaresOf(data, scales));
  }

  priority(): void {
    const { data, scales } = this.#integers("priority.weight");
    this.put("priority.weight", data);
    this.put("priority.scale", scales);
    this.put("priority.bias", this.floats("priority.bias"));
  }

  norm(name: string): void {
    for (const part of ["weight", "bias"]) this.put(`${name}.${part}`, this.floats(`${name}.${part}`));
  }

  /**
   * A ConvNeXt block: the depthwise kernel `[taps, channels]`, and the scale per channel inside the
   * second matrix.
   */
  block(name: string): void {
    const { data, scales } = this.#integers(`${name}.dw.weight`);
    const [channels, taps] = [scales.length, data.length / scales.length];
    const across = new Float32Array(data.length);
    for (let c = 0; c < channels; c++) for (let t = 0; t < taps; t++) across[t * channels + c] = data[c * taps + t] * scales[c];
    this.put(`${name}.dw`, across);
    this.put(`${name}.dw.bias`, this.floats(`${name}.dw.bias`));
    this.norm(`${name}.n`);
    this.matrix(`${name}.a`);
    this.matrix(`${name}.b`, this.floats(`${name}.g`));
  }

  /**
   * A matrix in fours of rows; what `gain` multiplies each row by goes into scale and bias.
   */
  matrix(name: string, gain?: Float32Array): void {
    const times = (x: number, row: number): number => x * (gain?.[row] ?? 1);
    let largestRow = 1;
    let scales = this.#scales(`${name}.weight`);
    if (this.#bits === 4 && COARSE.test(name)) {
      const coarse = toFourBits(this.#integers(`${name}.weight`));
      scales = coarse.scales;
      this.put(`${name}.weight`, packFourBits(coarse.data, scales.length));
      largestRow = blobKernels.inFours(new Uint8Array(coarse.data.buffer), scales.length); // for the sums: it is not needed any more
    } else {
      this.#large(`${name}.weight`, (bytes) => {
        largestRow = this.#kernels.inFours(bytes, scales.length);
      });
    }
    this.put(`${name}.scale`, scales.map(times));
    this.put(`${name}.bias`, this.floats(`${name}.bias`).map(times));
    this.#later(`${name}.limit`, 4, (into) => {
      floatsIn(into)[0] = Math.min(LARGEST_ACTIVATION, Math.floor(LARGEST_SUM / largestRow));
    });
  }

  /** A record of int8 weights, which a function may change when they are there. */
  #large(name: string, change: (bytes: Uint8Array) => void): { bytes: Uint8Array } {
    const dims = this.#dims.get(name) ?? [];
    const place: { bytes: Uint8Array } = { bytes: new Uint8Array(0) };
    this.#later(
      name,
      dims.reduce((a, b) => a * b, 1),
      (into) => {
        this.#weights.copy(name, dims, into);
        place.bytes = into;
        change(into);
      },
    );
    return place;
  }

  #later(name: string, byteLength: number, write: (into: Uint8Array) => void): void {
    this.records.set(name, { byteLength, write });
  }

  #numbers(name: string): Numbers {
    return this.#weights.numbers(name, this.#dims.get(name) ?? []);
  }

  /** The scales of a tensor that must be int8. */
  #scales(name: string): Float32Array {
    const dims = this.#dims.get(name) ?? [];
    if (this.#weights.check(name, dims) !== "int8") throw unsupported(`"${name}" is of floats, it must be of int8 with scales`);
    return this.#weights.scales(name, dims);
  }

  #integers(name: string): ScaledRows {
    const { data, scales } = this.#numbers(name);
    if (!scales || !(data instanceof Int8Array)) throw unsupported(`"${name}" is of floats, it must be of int8 with scales`);
    return { data, scales };
  }
}

function floatsIn(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** The same for `T12_ENCODER_ARENA_BYTES`. */
export function encoderArenaArguments(shape: BlobShape): readonly number[] {
  const { layers, codebookDim, bands, fineDim, dim, fineHidden, hidden, encoderFrameBlocks, encoderFineBlocks, beamWidth } = shape;
  return [layers, codebookDim, bands, fineDim, dim, fineHidden, hidden, encoderFrameBlocks, encoderFineBlocks, beamWidth];
}

/** What the sizes of a decoder are called in C, for a header that fills in `T12_ARENA_BYTES`. */
export function arenaArguments(shape: BlobShape): readonly number[] {
  const { layers, codebookDim, bands, fineDim, dim, fineHidden, hidden, frameBlocks, fineBlocks, openSteps } = shape;
  return [layers, codebookDim, bands, fineDim, dim, fineHidden, hidden, frameBlocks, fineBlocks, openSteps];
}

/**
 * Bytes of weights that a blob's part reads for a frame, of so many a call: of the decoder all but
 * the codebooks, whose chosen entries alone are read; of an encoder alone all of them.
 */
export function weightBytesRead(records: ReadonlyMap<string, Uint8Array>, frames: number): number {
  const size = (wanted: (name: string) => boolean): number =>
    [...records].reduce((sum, [name, { byteLength }]) => sum + (wanted(name) ? byteLength : 0), 0);
  if (!records.has("out.weight")) {
    const shared = size((name) => /^(?:down|e2\.|en|inp)/.test(name)); // by the frames of a call
    return size(() => true) - shared + Math.round(shared / frames);
  }
  const coarse = size((name) => /^(?:priority|out|p1\.|pn|up)/.test(name));
  const fine = size((name) => /^(?:p2\.|hn|head|std|mean|window|bins)/.test(name));
  return Math.round(coarse / frames + fine);
}
