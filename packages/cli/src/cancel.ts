import { discardOpenOutputs } from "@twelvehz/codec/node";

/** Exit status of a program that was stopped by a signal: 128 + its number. */
const EXIT_STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal that fires at Ctrl-C; a second Ctrl-C, or any other request to stop, ends the process at once. Unfinished files are removed either way. */
export function cancelOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stopAtOnce = (name: keyof typeof EXIT_STATUS): void => {
    discardOpenOutputs();
    process.exit(EXIT_STATUS[name]);
  };
  process.on("SIGINT", () => (controller.signal.aborted ? stopAtOnce("SIGINT") : controller.abort()));
  process.on("SIGTERM", () => stopAtOnce("SIGTERM"));
  process.on("SIGHUP", () => stopAtOnce("SIGHUP"));
  process.on("exit", discardOpenOutputs);
  return controller.signal;
}
