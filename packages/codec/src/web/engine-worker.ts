/** Web Worker that holds one model: opens it, then answers the {@link RemoteEngine} that started it. */
import { openEngine } from "../model/open-engine.ts";
import { ortBackend } from "../runtime/ort.ts";
import { serveEngine, toFailure } from "../runtime/remote-engine.ts";
import type { Backend } from "../runtime/session.ts";
import { wasmBackend } from "../runtime/wasm-backend.ts";
import { decoderModule } from "./decoder-module.ts";
import type { EngineStart, LoadProgress } from "./engine-start.ts";
import { urlFiles } from "./url-files.ts";
import { type WorkerEnd, workerPort } from "./worker-port.ts";

const port = workerPort(self as unknown as WorkerEnd); // its type is that of a window
port.onMessage((message) => void start(message as EngineStart));

async function start(settings: EngineStart): Promise<void> {
  const { folder, cacheName } = settings;
  try {
    const onProgress = (progress: LoadProgress): void => port.postMessage(progress, []);
    const encoders = (): Promise<Backend> => onnx(settings);
    const backend =
      settings.backend === "wasm" ? wasmBackend({ decoderModule, encoders, encodersName: "onnxruntime-web" }) : await encoders();
    serveEngine(port, await openEngine(urlFiles(folder, { cacheName, onProgress }), backend));
  } catch (error) {
    port.postMessage({ failure: toFailure(error) }, []);
  }
}

/** ONNX Runtime, loaded when it is needed. */
async function onnx({ threads, ortWasm }: EngineStart): Promise<Backend> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  if (ortWasm) ort.env.wasm.wasmPaths = ortWasm.mjs === undefined ? { wasm: ortWasm.wasm } : { wasm: ortWasm.wasm, mjs: ortWasm.mjs };
  return ortBackend(ort, { name: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} wasm`, threads });
}
