/** Worker thread that holds one model: opens it, then answers the {@link RemoteEngine} that started it. */
import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import * as ort from "onnxruntime-node";
import { openEngine } from "../model/open-engine.ts";
import { ortBackend } from "../runtime/ort.ts";
import { serveEngine, toFailure } from "../runtime/remote-engine.ts";
import { folderFiles } from "./model-files.ts";
import { workerPort } from "./worker-port.ts";

/** What the worker is started with. */
export interface EngineWorkerData {
  /** Folder with `config.json` and `model.safetensors`. */
  readonly folder: string;
  /** Threads inside one operation; default by the model. */
  readonly threads: number | undefined;
}

const { folder, threads } = workerData as EngineWorkerData;
const port = workerPort(parentPort!);
try {
  const name = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
  const backend = ortBackend(ort, { name, threads, processors: availableParallelism() });
  serveEngine(port, await openEngine(folderFiles(folder), backend));
} catch (error) {
  port.postMessage({ failure: toFailure(error) }, []);
}
