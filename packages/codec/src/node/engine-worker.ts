/** Worker thread that holds one model, for the {@link RemoteEngine} that started it. */
import { parentPort, workerData } from "node:worker_threads";
import { endWhenAsked } from "./end-worker.ts";
import { type ServedModel, serveModel } from "./serve-model.ts";
import { workerPort } from "./worker-port.ts";

endWhenAsked(parentPort!);
await serveModel(workerPort(parentPort!), workerData as ServedModel);
