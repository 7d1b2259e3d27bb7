/** Worker thread that holds one model: opens it, then answers the {@link RemoteEngine} that started it. */
import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { openEngine } from "../model/open-engine.ts";
import type { BackendName } from "../runtime/backend-name.ts";
import { ortBackend } from "../runtime/ort.ts";
import { serveEngine, toFailure } from "../runtime/remote-engine.ts";
import type { Backend } from "../runtime/session.ts";
import { wasmBackend } from "../runtime/wasm-backend.ts";
import { decoderModule } from "./decoder-module.ts";
import { folderFiles } from "./model-files.ts";
import { workerPort } from "./worker-port.ts";

/** What the worker is started with. */
export interface EngineWorkerData {
  /** Folder with `config.json` and `model.safetensors`. */
  readonly folder: string;
  /** Threads inside one operation; default by the model. */
  readonly threads: number | undefined;
  /** What runs the networks. */
  readonly backend: BackendName;
}

const { folder, threads, backend } = workerData as EngineWorkerData;

/** ONNX Runtime, loaded when it is needed: it takes longer than the whole decoder in C. */
async function onnx(): Promise<Backend> {
  const ort = await import("onnxruntime-node");
  const name = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
  return ortBackend(ort, { name, threads, processors: availableParallelism() });
}

const port = workerPort(parentPort!);
try {
  const running = backend === "wasm" ? wasmBackend({ decoderModule, encoders: onnx, encodersName: "onnxruntime-node" }) : await onnx();
  serveEngine(port, await openEngine(folderFiles(folder), running));
} catch (error) {
  port.postMessage({ failure: toFailure(error) }, []);
}
