/** Web Worker that holds one model: opens it, then answers the {@link RemoteEngine} that started it. */
import * as ort from "onnxruntime-web/wasm";
import { openEngine } from "../model/open-engine.ts";
import { ortBackend } from "../runtime/ort.ts";
import { serveEngine, toFailure } from "../runtime/remote-engine.ts";
import type { EngineStart, LoadProgress } from "./engine-start.ts";
import { urlFiles } from "./url-files.ts";
import { type WorkerEnd, workerPort } from "./worker-port.ts";

const port = workerPort(self as unknown as WorkerEnd); // its type is that of a window
port.onMessage((message) => void start(message as EngineStart));

async function start({ folder, threads, ortWasm, cacheName }: EngineStart): Promise<void> {
  try {
    ort.env.wasm.numThreads = threads;
    if (ortWasm) ort.env.wasm.wasmPaths = ortWasm.mjs === undefined ? { wasm: ortWasm.wasm } : { wasm: ortWasm.wasm, mjs: ortWasm.mjs };
    const onProgress = (progress: LoadProgress): void => port.postMessage(progress, []);
    const backend = ortBackend(ort, { name: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} wasm`, threads });
    serveEngine(port, await openEngine(urlFiles(folder, { cacheName, onProgress }), backend));
  } catch (error) {
    port.postMessage({ failure: toFailure(error) }, []);
  }
}
