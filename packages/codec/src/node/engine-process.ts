/** Process that holds one model, for the {@link RemoteEngine} that started it. */
import { processPort } from "./process-port.ts";
import { type ServedModel, serveModel } from "./serve-model.ts";

// A terminal and a service manager signal the whole group: the process that started this one
// decides when the work is done.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
await serveModel(processPort(process), JSON.parse(process.argv[2]) as ServedModel);
