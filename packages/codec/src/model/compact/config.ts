import { CodecError, describeJson } from "../../errors.ts";

/** Configuration of a compact model: the fields of its `config.json`, in the names used here. */
export interface CompactConfig {
  /** Human name, part of the model's identity. */
  readonly name: string;
  /** Hz. */
  readonly sampleRate: number;
  /** Codec frames per second. */
  readonly frameRate: number;
  /** Layers of the residual quantizer. */
  readonly layers: number;
  /** Entries per codebook. */
  readonly codebookSize: number;
  /** Width of the latent and of the codebook entries. */
  readonly codebookDim: number;
  /** Number of log bands. */
  readonly bands: number;
  /** How many of the lowest bands are single spectrum bins. */
  readonly singleBins: number;
  /** Added to magnitudes before the logarithm (window sum 480). */
  readonly floor: number;
  /** Width of the network at 100 steps a second. */
  readonly fineDim: number;
  /** Width of the network at the frame rate. */
  readonly dim: number;
  /**
   * Blocks: encoder at 100 Hz, encoder at the frame rate, decoder at the frame rate, decoder at 100
   * Hz.
   */
  readonly depth: readonly [number, number, number, number];
  /** Rounds of the phase search. */
  readonly iterations: number;
  /** Newest spectrum steps of a frame that stay open until the next frame. */
  readonly openSteps: number;
  /** Momentum of the phase search, 0 to 1. */
  readonly momentum: number;
  /**
   * Bins that `priority` takes for weaker than this share of the loudest get random phases, 0 to 1.
   */
  readonly tolerance: number;
  /** Width of the encoder's beam search for codes; 1 takes the nearest entry layer by layer. */
  readonly beamWidth: number;
}

/** Value of `model_type` in the `config.json` of a compact model. */
export const COMPACT_MODEL_TYPE = "twelvehz-compact";

/** Version of the compact model's layout that this code builds. */
const LAYOUT_VERSION = 2;

/** Smallest and largest value of every number in the file; both inclusive. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  sample_rate: [24000, 24000],
  frame_rate: [12.5, 12.5],
  layers: [1, 64],
  codebook_size: [2, 32768],
  codebook_dim: [1, 4096],
  bands: [8, 481],
  single_bins: [1, 480],
  floor: [1e-6, 1],
  fine_dim: [1, 8192],
  dim: [1, 8192],
  iterations: [0, 64],
  open_steps: [0, 8],
  momentum: [0, 1],
  tolerance: [0, 1],
  beam_width: [1, 64],
};

const MAY_BE_FRACTIONS = new Set(["frame_rate", "floor", "momentum", "tolerance"]);

/** A name with half a character could not be written into a token file. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function fail(what: string): never {
  throw new CodecError("bad-model", `Cannot use this config.json of a compact model: ${what}; get the model again`);
}

function number(json: Record<string, unknown>, field: string): number {
  const value = json[field];
  const [low, high] = RANGES[field];
  if (typeof value !== "number" || !(value >= low && value <= high))
    fail(`"${field}" is ${describeJson(value)}, it must be a number from ${low} to ${high}`);
  if (!MAY_BE_FRACTIONS.has(field) && !Number.isInteger(value)) fail(`"${field}" is ${value}, it must be a whole number`);
  return value;
}

function depth(value: unknown): readonly [number, number, number, number] {
  const ok = Array.isArray(value) && value.length === 4 && value.every((n) => Number.isInteger(n) && n >= 0 && n <= 64);
  if (!ok) fail(`"depth" is ${describeJson(value)}, it must be four whole numbers from 0 to 64`);
  return value as [number, number, number, number];
}

function name(value: unknown): string {
  const ok = typeof value === "string" && value.length > 0 && new TextEncoder().encode(value).length <= 64 && !LONE_SURROGATE.test(value);
  if (!ok) fail(`"name" is ${describeJson(value)}, it must be text of 1 to 64 bytes`);
  return value as string;
}

/**
 * Reads the `config.json` of a compact model.
 * @throws CodecError `bad-model` naming the first field that is missing or out of range
 */
export function parseCompactConfig(json: Record<string, unknown>): CompactConfig {
  if (json["model_type"] !== COMPACT_MODEL_TYPE)
    fail(`"model_type" is ${describeJson(json["model_type"])}, it must be "${COMPACT_MODEL_TYPE}"`);
  if (json["version"] !== LAYOUT_VERSION)
    fail(`"version" is ${describeJson(json["version"])}, this program knows version ${LAYOUT_VERSION}`);
  const config: CompactConfig = {
    name: name(json["name"]),
    sampleRate: number(json, "sample_rate"),
    frameRate: number(json, "frame_rate"),
    layers: number(json, "layers"),
    codebookSize: number(json, "codebook_size"),
    codebookDim: number(json, "codebook_dim"),
    bands: number(json, "bands"),
    singleBins: number(json, "single_bins"),
    floor: number(json, "floor"),
    fineDim: number(json, "fine_dim"),
    dim: number(json, "dim"),
    depth: depth(json["depth"]),
    iterations: number(json, "iterations"),
    openSteps: number(json, "open_steps"),
    momentum: number(json, "momentum"),
    tolerance: number(json, "tolerance"),
    beamWidth: number(json, "beam_width"),
  };
  if (config.singleBins >= config.bands) fail(`"single_bins" is ${config.singleBins}, it must be less than "bands" (${config.bands})`);
  if (config.beamWidth > config.codebookSize)
    fail(`"beam_width" is ${config.beamWidth}, it must be at most "codebook_size" (${config.codebookSize})`);
  return config;
}
