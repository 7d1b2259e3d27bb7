import { availableParallelism } from "node:os";
import { openEngine } from "../model/open-engine.ts";
import type { BackendName } from "../runtime/backend-name.ts";
import type { DeviceChoice } from "../runtime/device-name.ts";
import { sendNote } from "../runtime/notes.ts";
import { type Port, serveEngine, toFailure } from "../runtime/remote-engine.ts";
import type { Backend } from "../runtime/session.ts";
import { wasmBackend } from "../runtime/wasm-backend.ts";
import { codecModule } from "./codec-module.ts";
import { folderFiles } from "./model-files.ts";

/** Which model a worker holds. */
export interface ServedModel extends DeviceChoice {
  /** Folder with `config.json` and `model.safetensors`. */
  readonly folder: string;
  /** Threads inside one operation; default by the model. */
  readonly threads: number | undefined;
  /** What runs the networks; undefined: by the model. */
  readonly backend: BackendName | undefined;
}

/**
 * Opens a model and answers the {@link RemoteEngine} at the other end of the port; where it cannot
 * be opened, says why.
 */
export async function serveModel(port: Port, model: ServedModel): Promise<void> {
  const { folder, threads, backend, device } = model;
  try {
    const fallback = backend === undefined ? () => onnx(threads) : undefined;
    const running = backend === "onnx" ? await onnx(threads) : wasmBackend({ codecModule, fallback });
    const graphics =
      device === "cpu" ? undefined : (await import("./graphics.ts")).graphicsRequest(model, (reason) => sendNote(port, reason));
    serveEngine(port, await openEngine(folderFiles(folder), { ...running, graphics }));
  } catch (error) {
    port.postMessage({ failure: toFailure(error) }, []);
  }
}

/** ONNX Runtime, loaded when it is needed: opening it takes longer than all of the code in C. */
async function onnx(threads: number | undefined): Promise<Backend> {
  const [ort, { ortBackend }, { keptGraphsIn }] = await Promise.all([
    import("onnxruntime-node"),
    import("../runtime/ort.ts"),
    import("./kept-graphs.ts"),
  ]);
  const name = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
  return ortBackend(ort, { name, threads, processors: availableParallelism(), kept: keptGraphsIn({ runtime: name }) });
}
