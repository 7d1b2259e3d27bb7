/**
 * Web Worker that holds one model: opens it, then answers the {@link RemoteEngine} that started it.
 */
import { openEngine } from "../model/open-engine.ts";
import type { ModelWeights } from "../model/weights.ts";
import { ortBackend } from "../runtime/ort.ts";
import { sendNote } from "../runtime/notes.ts";
import { serveEngine, toFailure } from "../runtime/remote-engine.ts";
import type { Backend } from "../runtime/session.ts";
import { wasmBackend } from "../runtime/wasm-backend.ts";
import type { CodecModule } from "../runtime/codec-module.ts";
import { codecModule } from "./codec-module.ts";
import type { EngineStart, LoadProgress, OrtWasmUrls } from "./engine-start.ts";
import { graphicsRequest } from "./graphics.ts";
import { fetchedFile } from "./kept-file.ts";
import { LoadTally } from "./load-tally.ts";
import { urlFiles } from "./url-files.ts";
import { type WorkerEnd, workerPort } from "./worker-port.ts";

const port = workerPort(self as unknown as WorkerEnd); // its type is that of a window
port.onMessage((message) => void start(message as EngineStart));

async function start(settings: EngineStart): Promise<void> {
  const { folder, cacheName, weights: fetched } = settings;
  const eager = settings.backend === "onnx" ? settings.ortWasm : undefined;
  try {
    const tally = new LoadTally(eager ? 2 : 1, (progress) => port.postMessage(progress, []));
    const files = urlFiles(folder, { cacheName, weights: fetched, onProgress: tally.part(0) });
    const runtime = eager && fetchRuntime(eager, tally.part(1));
    void runtime?.catch(() => undefined); // told where the weights are asked for
    const weights = async (): Promise<ModelWeights> => (await Promise.all([files.weights(), runtime]))[0];
    const fallback = settings.backend === undefined ? () => onnx(settings) : undefined;
    const backend = settings.backend === "onnx" ? await onnx(settings) : wasmBackend({ codecModule: fetchedNow(codecModule), fallback });
    const graphics = graphicsRequest(settings, cacheName, (reason) => sendNote(port, reason));
    serveEngine(port, await openEngine({ ...files, weights }, { ...backend, graphics }));
  } catch (error) {
    port.postMessage({ failure: toFailure(error) }, []);
  }
}

/** What gives a module that is being fetched already, while the weights come. */
function fetchedNow(fetching: () => Promise<CodecModule>): () => Promise<CodecModule> {
  const module = fetching();
  void module.catch(() => undefined); // told where the module is asked for
  return () => module;
}

/** ONNX Runtime, loaded when it is needed. */
async function onnx({ threads, ortWasm }: EngineStart): Promise<Backend> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  if (ortWasm) ort.env.wasm.wasmPaths = ortWasm.mjs === undefined ? { wasm: ortWasm.wasm } : { wasm: ortWasm.wasm, mjs: ortWasm.mjs };
  return ortBackend(ort, { name: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} wasm`, threads });
}

/** Fetches the code of the runtime while the weights come; else it would be fetched after them. */
async function fetchRuntime({ wasm, byteLength }: OrtWasmUrls, onProgress: (progress: LoadProgress) => void): Promise<void> {
  const [ort, file] = await Promise.all([import("onnxruntime-web/wasm"), fetchedFile(wasm, byteLength, onProgress)]);
  ort.env.wasm.wasmBinary = await file.arrayBuffer();
}
