import { discardOpenOutputs } from "@twelvehz/codec/node";

/** A signal that fires at Ctrl-C; a second Ctrl-C, or any other request to stop, ends the process at once. Unfinished files are removed either way. */
export function cancelOnSignals(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => (controller.signal.aborted ? stopAtOnce("SIGINT") : controller.abort()));
  process.on("SIGTERM", () => stopAtOnce("SIGTERM"));
  process.on("SIGHUP", () => stopAtOnce("SIGHUP"));
  process.on("exit", discardOpenOutputs);
  return controller.signal;
}

/** Ends as the signal would have: process.exit() would first end the workers, which aborts when one is inside a network (ONNX Runtime 1.30). */
function stopAtOnce(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
  discardOpenOutputs();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
