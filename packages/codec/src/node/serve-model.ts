import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { openEngine } from "../model/open-engine.ts";
import { ortBackend } from "../runtime/ort.ts";
import { type Port, serveEngine, toFailure } from "../runtime/remote-engine.ts";
import { folderFiles } from "./model-files.ts";

/** Which model a worker holds. */
export interface ServedModel {
  /** Folder with `config.json` and `model.safetensors`. */
  readonly folder: string;
  /** Threads inside one operation; default by the model. */
  readonly threads: number | undefined;
}

/** Opens a model and answers the {@link RemoteEngine} at the other end of the port; where it cannot be opened, says why. */
export async function serveModel(port: Port, { folder, threads }: ServedModel): Promise<void> {
  try {
    const name = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
    const backend = ortBackend(ort, { name, threads, processors: availableParallelism() });
    serveEngine(port, await openEngine(folderFiles(folder), backend));
  } catch (error) {
    port.postMessage({ failure: toFailure(error) }, []);
  }
}
