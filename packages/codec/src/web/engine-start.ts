/** What crosses the port of an engine's worker before the engine does. */

import type { BackendName } from "../runtime/backend-name.ts";
import type { DeviceChoice } from "../runtime/device-name.ts";

/**
 * Where the two files of ONNX Runtime's WebAssembly build lie: `ort-wasm-simd-threaded.wasm` and
 * `.mjs` of onnxruntime-web 1.30.
 */
export interface OrtWasmUrls {
  /** The code. */
  readonly wasm: string;
  /**
   * The loader, which more than one thread needs as a file of its own. Default: the copy inside the
   * worker, for one thread.
   */
  readonly mjs?: string | undefined;
  /**
   * Length of the code, bytes: where the server compresses it, nothing else tells how much of it
   * has come.
   */
  readonly byteLength?: number | undefined;
}

/** What is fetched of a model's weights when it is opened: see `OpenCodecOptions.weights`. */
export type FetchedWeights = "all" | "decoder";

/** First message to the worker. */
export interface EngineStart extends DeviceChoice {
  /**
   * Absolute URL of the folder that holds `config.json` and `model.safetensors`; ends with a slash.
   */
  readonly folder: string;
  /** Threads inside one operation, at least 1. */
  readonly threads: number;
  /** What runs the networks; undefined: by the model. */
  readonly backend: BackendName | undefined;
  readonly weights: FetchedWeights;
  /** Default: the file that lies beside the worker's code. */
  readonly ortWasm: OrtWasmUrls | undefined;
  /** Name of the cache that keeps the files. */
  readonly cacheName: string;
}

/**
 * How much of the weights is there, and of the runtime where its place is given; sent before the
 * greeting.
 */
export interface LoadProgress {
  /** Bytes that have come, as the server sends them: compressed where it compresses. */
  readonly loadedBytes: number;
  /** Bytes in all; undefined where the server does not say. */
  readonly totalBytes: number | undefined;
}

/** Whether a message of the worker tells of its progress. */
export function isLoadProgress(message: unknown): message is LoadProgress {
  return typeof message === "object" && message !== null && "loadedBytes" in message;
}
