import { Codec } from "../codec.ts";
import { throwIfAborted } from "../errors.ts";
import { assertKind, assertNumber, assertOneOf, assertOptions } from "../misuse.ts";
import { orAborted } from "../bytes/or-aborted.ts";
import { type BackendName, backendNamed } from "../runtime/backend-name.ts";
import { deviceChoice, type DeviceOptions } from "../runtime/device-name.ts";
import { diverted, withoutNotes } from "../runtime/notes.ts";
import { RemoteEngine } from "../runtime/remote-engine.ts";
import { type EngineStart, type FetchedWeights, isLoadProgress, type LoadProgress, type OrtWasmUrls } from "./engine-start.ts";
import { workerPort } from "./worker-port.ts";

/** Options of {@link openCodec}. */
export interface OpenCodecOptions extends DeviceOptions {
  /**
   * Threads inside one operation of the networks, 1 to 64. Default 1. More need a page that is
   * cross-origin isolated (COOP and COEP), else one is used.
   */
  readonly threads?: number | undefined;
  /**
   * What runs the networks. Default: `wasm` for compact models, for which the page fetches 60 kB
   * of code; `onnx` for all others, with the 14 MB of ONNX Runtime.
   */
  readonly backend?: BackendName | undefined;
  /** Is told what a user should know, a part of a sentence: when a graphics card is not used, or lost. */
  readonly onNote?: ((reason: string) => void) | undefined;
  /**
   * What is fetched of the weights at opening. `all` (default): the files. `decoder`: what the decoder
   * uses, by byte ranges; the encoder's are fetched when one is first opened, and `onProgress` is told
   * of them then. What came of a download that broke off, or was cancelled, is kept, and the next
   * opening goes on from there. A server that knows no ranges is asked for the whole files.
   */
  readonly weights?: FetchedWeights | undefined;
  /**
   * Where the files of ONNX Runtime's WebAssembly build lie: with `backend: "onnx"` it then comes at
   * the same time as the weights. Default: where the bundler put them; more than one thread needs
   * both URLs.
   */
  readonly ortWasm?: OrtWasmUrls | undefined;
  /**
   * Called while the weights come, and the runtime where `ortWasm` names it; of what was kept, once
   * with all of it.
   */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Cancels the opening: it fails with CodecError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Name of the cache (Cache API) that keeps the model's files. Default `twelvehz-models`. */
  readonly cacheName?: string | undefined;
  /**
   * Starts the worker, a module worker of `engine-worker.js`, where a bundler does not find it by
   * itself.
   */
  readonly worker?: (() => Worker) | undefined;
}

/** What {@link OpenCodecOptions.cacheName} is by default. */
export const MODEL_CACHE = "twelvehz-models";

/**
 * Opens a model in a Web Worker of its own. Its files are fetched once and kept, and only looked
 * after when it is opened again. Bundlers find the worker and what it needs by themselves; it is a
 * module with dynamic imports, for which vite wants `worker: { format: "es" }`.
 * @param model URL of the folder that holds `config.json` and `model.safetensors`, absolute or
 * relative to the page
 * @throws CodecError `not-found`, `io`, `bad-model`, `runtime`, `aborted`, `unsupported` for a
 * backend or a device that does not run the model; TypeError or RangeError for a wrong option
 */
export async function openCodec(model: string | URL, options: OpenCodecOptions = {}): Promise<Codec> {
  if (typeof model !== "string") assertKind(model, "model", "object"); // a URL of another frame is no instance of this one's
  assertOptions(options, {
    ortWasm: "object",
    onProgress: "function",
    onNote: "function",
    signal: "signal",
    cacheName: "string",
    worker: "function",
  });
  throwIfAborted(options.signal);
  const start = startOf(model, options);
  const worker = options.worker?.() ?? new Worker(new URL("./engine-worker.js", import.meta.url), { type: "module" });
  const lost = new Promise<string>((resolve) => {
    worker.addEventListener("error", (event) => resolve(event.message || "its code could not be loaded"));
  });
  const port = workerPort(worker);
  const opening = RemoteEngine.connect(
    withoutNotes(diverted(port, isLoadProgress, options.onProgress), options.onNote),
    async () => worker.terminate(),
    lost,
  );
  port.postMessage(start, []);
  try {
    return new Codec(await orAborted(opening, options.signal));
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function startOf(model: string | URL, options: OpenCodecOptions): EngineStart {
  const { threads = 1, backend, weights = "all", ortWasm, cacheName = MODEL_CACHE } = options;
  assertOneOf(weights, ["all", "decoder"], "weights");
  assertNumber(threads, "threads", 1, 64);
  const folder = new URL(model, location.href);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  const absolute = (url: string): string => new URL(url, location.href).href; // the worker's own place is another
  return {
    folder: folder.href,
    backend: backendNamed(backend),
    ...deviceChoice(options),
    weights,
    threads: crossOriginIsolated ? threads : 1,
    ortWasm: ortWasm && { ...ortWasm, wasm: absolute(ortWasm.wasm), mjs: ortWasm.mjs && absolute(ortWasm.mjs) },
    cacheName,
  };
}
