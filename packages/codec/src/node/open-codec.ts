import { Worker } from "node:worker_threads";
import { orAborted } from "../bytes/or-aborted.ts";
import { Codec } from "../codec.ts";
import { assertKind, assertNumber, assertOptions } from "../misuse.ts";
import { throwIfAborted } from "../errors.ts";
import { type BackendName, backendNamed } from "../runtime/backend-name.ts";
import { deviceChoice, type DeviceOptions } from "../runtime/device-name.ts";
import { withoutNotes } from "../runtime/notes.ts";
import { RemoteEngine } from "../runtime/remote-engine.ts";
import type { ServedModel } from "./serve-model.ts";
import { modelFolder } from "./model-folder.ts";
import { modelBytes } from "./hub/needed-files.ts";
import { memoryNote } from "./reachable-memory.ts";
import { endWorker } from "./end-worker.ts";
import { quietOrt } from "./quiet-ort.ts";
import { workerPort } from "./worker-port.ts";

/** The worker makes many short-lived arrays; a small young generation frees them early. */
const YOUNG_GENERATION_MEGABYTES = 8;

/** Options of {@link openCodec}. */
export interface OpenCodecOptions extends DeviceOptions {
  /**
   * Threads inside one operation of the networks on ONNX Runtime, 1 to 64. Default: 1 for the
   * compact model, whose networks are too small for more; all processors for the published one.
   */
  readonly threads?: number | undefined;
  /**
   * What runs the networks. Default: `wasm` for compact models, `onnx` for all others;
   * docs/performance.md compares them.
   */
  readonly backend?: BackendName | undefined;
  /**
   * Is told what a user should know, a part of a sentence: before the model is opened; when a
   * graphics card is not used, or lost.
   */
  readonly onNote?: ((reason: string) => void) | undefined;
  /** Cancels the opening: it fails with CodecError `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a model in a worker thread of its own, so that the event loop never blocks.
 * @param model `compact`, a folder with `config.json` and `model.safetensors`, or the hub id of a
 * downloaded model. Default: the environment variable TWELVEHZ_MODEL, else what
 * `twelvehz models use` has set, else `compact`
 * @throws CodecError `not-found`, `bad-model`, `runtime`, `aborted`, `unsupported` for a backend
 * or a device that does not run the model; TypeError or RangeError for a wrong option
 */
export async function openCodec(model?: string, options: OpenCodecOptions = {}): Promise<Codec> {
  if (model !== undefined) assertKind(model, "model", "string");
  assertOptions(options, { signal: "signal", onNote: "function" });
  const { threads, backend, signal } = options;
  if (threads !== undefined) assertNumber(threads, "threads", 1, 64);
  throwIfAborted(signal);
  const folder = modelFolder(model);
  const note = memoryNote(modelBytes(folder));
  if (note !== undefined) options.onNote?.(note);
  const workerData: ServedModel = { folder, threads, backend: backendNamed(backend), ...deviceChoice(options) };
  quietOrt();
  const worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
    workerData,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEGABYTES },
  }); // `node --input-type` would be refused there
  const lost = new Promise<string>((resolve) => {
    worker.once("error", (error) => resolve(error.message));
    worker.once("exit", (status) => resolve(`exit status ${status}`));
  });
  const opening = RemoteEngine.connect(withoutNotes(workerPort(worker), options.onNote), () => endWorker(worker), lost);
  try {
    return new Codec(await orAborted(opening, signal));
  } catch (error) {
    opening.then((engine) => engine.close()).catch(() => undefined); // a thread that is inside the runtime must not be ended
    throw error;
  }
}
