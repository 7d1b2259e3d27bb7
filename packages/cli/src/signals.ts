import { discardOpenOutputs } from "@twelvehz/codec/node";

/**
 * The only listener to the signals of the process. Unfinished files are removed whatever ends it.
 */
export class Signals {
  readonly #controller = new AbortController();
  #drains = false;

  /** Listens from now on. */
  constructor() {
    process.on("SIGINT", () => this.#stop("SIGINT", true));
    process.on("SIGTERM", () => this.#stop("SIGTERM", this.#drains));
    process.on("SIGHUP", () => this.#stop("SIGHUP", false));
    process.on("exit", discardOpenOutputs);
  }

  /**
   * Fires when the work is to end in an orderly way: at Ctrl-C. The second time, or at any other
   * signal, the process ends at once.
   */
  get cancelled(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * From now on SIGTERM ends the work in an orderly way too, as a server's has to that has requests
   * in progress.
   */
  drainOnTerminate(): void {
    this.#drains = true;
  }

  #stop(name: NodeJS.Signals, isOrderly: boolean): void {
    if (isOrderly && !this.cancelled.aborted) this.#controller.abort();
    else stopAtOnce(name);
  }
}

/**
 * Ends as the signal would have: process.exit() would first end the workers, which aborts when one
 * is inside a network (ONNX Runtime 1.30).
 */
function stopAtOnce(name: NodeJS.Signals): void {
  discardOpenOutputs();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
