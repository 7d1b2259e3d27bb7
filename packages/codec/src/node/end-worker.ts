/**
 * How a worker thread ends without ending the process. `terminate` of a worker may do that (SIGABRT,
 * "Assertion failed: (data.first) != nullptr", seen in Node 20.20): Node takes the thread's isolate
 * from its platform before V8 has stopped the compiler that optimizes functions in the background,
 * and a compiler that then allocates near the limit of the heap asks for a collection on the thread
 * that is no more. After computing, functions are nearly always being optimized; after a full
 * collection the limit is far. A thread that is ended inside ONNX Runtime 1.30 ends the process,
 * too. So a thread is asked, and ends when it is done with the step that it is at.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { MessagePort, Worker } from "node:worker_threads";
import { assertKind } from "../misuse.ts";

const END = "end";

/**
 * Ends this worker thread when {@link endWorker} asks for it. To be called before
 * others listen to the port.
 * @throws TypeError for no port
 */
export function endWhenAsked(port: MessagePort): void {
  assertKind(port, "port", "object");
  port.on("message", (message: unknown) => {
    if (message !== END) return;
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    process.exit();
  });
}

/**
 * Ends a worker thread that listens by {@link endWhenAsked}, or has ended already; waits for that.
 * @throws TypeError for no worker
 */
export async function endWorker(worker: Worker): Promise<void> {
  assertKind(worker, "worker", "object");
  if (worker.threadId < 0) return; // since its end
  worker.ref();
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.postMessage(END);
  await ended;
}
