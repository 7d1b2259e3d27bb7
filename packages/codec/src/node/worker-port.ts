import type { MessagePort, Worker } from "node:worker_threads";
import type { Port } from "../runtime/remote-engine.ts";

/** Either end of a worker thread as a {@link Port}. */
export function workerPort(end: Worker | MessagePort): Port {
  let receive: (message: unknown) => void = () => undefined;
  end.on("message", (message: unknown) => receive(message));
  return {
    postMessage: (message, transfer) => end.postMessage(message, [...transfer]),
    onMessage: (next) => {
      receive = next;
    },
    setBusy(busy) {
      if (busy) end.ref();
      else end.unref();
    },
  };
}
