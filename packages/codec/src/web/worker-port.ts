import type { Port } from "../runtime/remote-engine.ts";

/**
 * What either end of a Web Worker has: the worker as its owner sees it, or the global object inside
 * it.
 */
export interface WorkerEnd {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listen: (event: MessageEvent<unknown>) => void): void;
}

/** Either end of a Web Worker as a {@link Port}. */
export function workerPort(end: WorkerEnd): Port {
  let receive: (message: unknown) => void = () => undefined;
  end.addEventListener("message", ({ data }) => receive(data));
  return {
    postMessage: (message, transfer) => end.postMessage(message, [...transfer]),
    onMessage: (next) => {
      receive = next;
    },
    setBusy: () => undefined, // a page lives on without work
  };
}
