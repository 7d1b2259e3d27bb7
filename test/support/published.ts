/**
 * Stand-ins for the published weights, opened in the ways in which tests need them, and what the
 * published code made of one of them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Codec, folderFiles } from "@twelvehz/codec/node";
import { type Backend, openEngine, ortBackend, type Tensor, type TensorMap } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import type { Graph } from "../../packages/codec/dist/graph/builder.js";
import { type PublishedConfig, parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { buildPublishedDecoder } from "../../packages/codec/dist/model/published/decoder.js";
import { buildPublishedEncoder } from "../../packages/codec/dist/model/published/encoder.js";
import { StatefulSession } from "../../packages/codec/dist/runtime/session.js";
import type { Encoded } from "../reference/encoder.ts";
import { readNpz } from "./npz.mjs";

/** Samples of a frame. */
export const FRAME = 1920;
/** Layers of the tiny stand-in. */
export const TINY_LAYERS = 6;
/** Entries of each of its codebooks. */
export const TINY_CODEBOOK = 64;
/**
 * float32 against float32 of another library, against double precision, and against itself on
 * another number of frames at once (matrix products then add up in another order): the figure of
 * test/fixtures/published/README.md.
 */
export const PCM_TOLERANCE = 2e-5;
/** A code may differ where the two entries are as near as this, relative to the distance... */
export const NEAR_TIE = 1e-5;
/** ... and in fewer than one code in a thousand. */
export const NEAR_TIE_SHARE = 1e-3;

/** More steps than any clip has. */
const NO_WINDOW = 2 ** 40;

const arrays = readNpz(readFileSync(new URL("../fixtures/published/tiny7.npz", import.meta.url)));

/** An array of the golden file as float32 or int16. */
export function goldenFloats(name: string): Float32Array {
  return arrays[name].data as Float32Array;
}

/** Codes of the golden file, `[T, K]`. */
export function goldenInts(name: string): Int16Array {
  return arrays[name].data as Int16Array;
}

/** Sound of the golden file in [-1, 1). */
export function goldenSound(name: string): Float32Array {
  return Float32Array.from(goldenInts(name), (x) => x / 32768);
}

/** Names of the golden file that begin so, without that beginning. */
export function goldenNames(prefix: string): string[] {
  return Object.keys(arrays)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** ONNX Runtime in this thread. */
export function backend(threads = 1): Backend {
  return ortBackend(ort, { name: "onnxruntime-node", threads });
}

/** A codec in this thread. */
export async function openHere(folder: string): Promise<Codec> {
  return new Codec(await openEngine(folderFiles(folder), backend()));
}

/** The networks themselves, with what leaves each stage. */
export interface Networks {
  readonly config: PublishedConfig;
  /** Runs on from the state that the last call left. */
  decode(codes: Int16Array): Promise<TensorMap>;
  encode(pcm: Float32Array, attention: "reference" | "windowed"): Promise<TensorMap>;
  /** As new. */
  reset(): void;
  close(): Promise<void>;
}

/** Loads both networks of a folder. */
export async function openNetworks(folder: string, { taps = true } = {}): Promise<Networks> {
  const config = parsePublishedConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>);
  const weights = await folderFiles(folder).weights();
  const sessions: { close(): Promise<void> }[] = [];
  const load = async (graph: Graph): Promise<StatefulSession> => {
    const session = await backend().load(graph);
    sessions.push(session);
    return new StatefulSession(session, graph.states);
  };
  const decoder = await load(buildPublishedDecoder(config, weights, taps));
  const encoder = await load(buildPublishedEncoder(config, weights, taps));
  const windows = { reference: NO_WINDOW, windowed: config.encoder.slidingWindow };
  const gains: Tensor = { type: "float32", dims: [1, config.layers], data: new Float32Array(config.layers).fill(1) };
  return {
    config,
    decode(codes) {
      const dims = [codes.length / config.layers, config.layers];
      return decoder.run({ codes: { type: "int64", dims, data: BigInt64Array.from(codes, BigInt) }, gains });
    },
    encode(pcm, attention) {
      const window: Tensor = { type: "int64", dims: [1], data: BigInt64Array.of(BigInt(windows[attention])) };
      return encoder.run({ pcm: { type: "float32", dims: [pcm.length], data: pcm }, window });
    },
    reset() {
      decoder.reset();
      encoder.reset();
    },
    async close() {
      for (const session of sessions) await session.close();
    },
  };
}

/** Codes that left a network. */
export function codesOf({ codes }: TensorMap): Int16Array {
  return Int16Array.from(codes.data as BigInt64Array, Number);
}

/** Floats that left a network. */
export function floatsOf(outputs: TensorMap, name: string): Float32Array {
  return outputs[name].data as Float32Array;
}

/** Where codes differ from the reference's. */
export interface CodeDifferences {
  readonly count: number;
  /**
   * Of the first differing code of each part of a frame (later layers follow from it): by how much
   * its entry is farther than the nearest, relative.
   */
  readonly largestGap: number;
}

/**
 * Compares codes `[T, K]` with those of the plain reference; the parts of a frame are layer 0 and
 * the other layers.
 */
export function codeDifferences(found: Int16Array, { codes, distances }: Encoded, layers: number): CodeDifferences {
  if (found.length !== codes.length) throw new RangeError(`${found.length} codes instead of ${codes.length}`);
  let largestGap = 0;
  for (let first = 0; first < codes.length; first += layers) {
    for (const [from, to] of [
      [first, first + 1],
      [first + 1, first + layers],
    ]) {
      const at = codes.subarray(from, to).findIndex((code, i) => code !== found[from + i]);
      if (at >= 0)
        largestGap = Math.max(
          largestGap,
          gapOf(distances.data.subarray((from + at) * distances.columns), codes[from + at], found[from + at]),
        );
    }
  }
  return { count: codes.reduce((n, code, i) => n + Number(code !== found[i]), 0), largestGap };
}

function gapOf(distances: Float64Array, nearest: number, other: number): number {
  return (distances[other] - distances[nearest]) / distances[nearest];
}

/** Largest difference; NaN and missing values count as infinite. */
export function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
