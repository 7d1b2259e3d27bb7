/** Worker thread that holds one model, for the {@link RemoteEngine} that started it. */
import { parentPort, workerData } from "node:worker_threads";
import { type ServedModel, serveModel } from "./serve-model.ts";
import { workerPort } from "./worker-port.ts";

await serveModel(workerPort(parentPort!), workerData as ServedModel);
