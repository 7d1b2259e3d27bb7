/**
 * An engine on the other side of a message port: the worker runs {@link serveEngine}, the caller
 * holds a {@link RemoteEngine}. Networks, spectra and phases then never block the caller's event
 * loop, and the state of a stream never crosses the port.
 */
import type { ModelInfo } from "../codes/model-info.ts";
import type { DecoderOptions, EncoderOptions, Engine, FrameDecoder, FrameEncoder, SavedState } from "./engine.ts";
import type { CodecErrorCode } from "../errors.ts";
import { CodecError, messageOf } from "../errors.ts";

/** The two ends of a worker, whatever the platform. */
export interface Port {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Sets the one receiver of messages. */
  onMessage(receive: (message: unknown) => void): void;
  /** Whether an answer is awaited: an idle worker must not keep a process alive. */
  setBusy(busy: boolean): void;
}

type Method = "openEncoder" | "openDecoder" | "push" | "conceal" | "flush" | "reset" | "setGains" | "save" | "restore" | "close";
type Payload = Int16Array | Float32Array | SavedState;
type Argument = Payload | EncoderOptions | DecoderOptions | undefined;

/** What is asked of an open encoder or decoder, a "half", by its number; 0 is the engine itself. */
interface Call {
  readonly id: number;
  readonly half: number;
  readonly method: Method;
  readonly argument: Argument;
}

interface Failure {
  readonly code: CodecErrorCode;
  readonly message: string;
}

/** What came of it. */
interface Answer {
  readonly id: number;
  readonly result?: Payload | number | undefined;
  readonly failure?: Failure;
}

/** First message of a worker: the model is open, or why not. */
export type Greeting = { readonly info: ModelInfo } | { readonly failure: Failure };

/** An error as it crosses a port. */
export function toFailure(error: unknown): Failure {
  return { code: error instanceof CodecError ? error.code : "runtime", message: messageOf(error) };
}

function buffersOf(value: unknown): readonly ArrayBuffer[] {
  return ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
}

/** Answers a {@link RemoteEngine} on the other side of the port, after greeting it. */
export function serveEngine(port: Port, engine: Engine): void {
  const halves = new Map<number, FrameEncoder | FrameDecoder>();
  let lastHalf = 0;
  const running = new Set<Promise<unknown>>();

  async function open(method: Method, options: Argument): Promise<number> {
    const half =
      method === "openEncoder" ? await engine.openEncoder(options as EncoderOptions) : await engine.openDecoder(options as DecoderOptions);
    halves.set(++lastHalf, half);
    return lastHalf;
  }

  async function perform({ half: number, method, argument }: Call): Promise<Payload | number | undefined> {
    if (method === "openEncoder" || method === "openDecoder") return open(method, argument);
    if (number === 0) {
      await Promise.allSettled(running); // native code whose network or thread is taken away while it runs ends the whole process
      await engine.close();
      return undefined;
    }
    const half = halves.get(number);
    if (!half) throw new CodecError("closed", "Cannot use a stream after close(): open another one");
    if (method === "close") halves.delete(number);
    const act = half[method as keyof typeof half] as (argument: Argument) => Promise<Payload | undefined>;
    return act.call(half, argument);
  }

  port.onMessage((message) => {
    const call = message as Call;
    const answer = (outcome: Omit<Answer, "id">): void => port.postMessage({ id: call.id, ...outcome }, buffersOf(outcome.result));
    const work = perform(call);
    if (call.half !== 0 || call.method !== "close") {
      running.add(work);
      const done = (): void => void running.delete(work);
      work.then(done, done);
    }
    work.then(
      (result) => answer({ result }),
      (error: unknown) => answer({ failure: toFailure(error) }),
    );
  });
  port.postMessage({ info: engine.info } satisfies Greeting, []);
}

/** What waits for an answer. */
interface Waiting {
  resolve(value: Payload | number | undefined): void;
  reject(error: CodecError): void;
}

/** The caller's side of an engine in a worker. */
export class RemoteEngine implements Engine {
  readonly info: ModelInfo;
  readonly #port: Port;
  readonly #terminate: () => Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastCall = 0;
  #gone: CodecError | undefined;

  private constructor(info: ModelInfo, port: Port, terminate: () => Promise<void>) {
    this.info = info;
    this.#port = port;
    this.#terminate = terminate;
  }

  /**
   * Waits for the worker's greeting.
   * @param terminate ends the worker
   * @param lost settles with the reason when the worker ends by itself
   * @throws CodecError what the worker failed with
   */
  static async connect(port: Port, terminate: () => Promise<void>, lost: Promise<string>): Promise<RemoteEngine> {
    const greeting = await new Promise<Greeting>((resolve) => {
      port.onMessage((message) => resolve(message as Greeting));
      void lost.then((reason) =>
        resolve({ failure: { code: "runtime", message: `Cannot open the model: its worker ended (${reason}); try again` } }),
      );
    });
    if ("failure" in greeting) {
      await terminate();
      throw new CodecError(greeting.failure.code, greeting.failure.message);
    }
    const engine = new RemoteEngine(greeting.info, port, terminate);
    port.setBusy(false);
    port.onMessage((message) => engine.#receive(message as Answer));
    void lost.then((reason) =>
      engine.#fail(new CodecError("runtime", `Cannot go on: the codec's worker ended (${reason}); open the codec again`)),
    );
    return engine;
  }

  async openEncoder(options?: EncoderOptions): Promise<FrameEncoder> {
    const half = (await this.#call(0, "openEncoder", options)) as number;
    return this.#half<Int16Array>(half);
  }

  async openDecoder(options?: DecoderOptions): Promise<FrameDecoder> {
    const half = (await this.#call(0, "openDecoder", options)) as number;
    return this.#half<Float32Array>(half);
  }

  async close(): Promise<void> {
    try {
      if (!this.#gone) await this.#call(0, "close");
    } finally {
      this.#fail(new CodecError("closed", "Cannot use a codec after close(): open it again"));
      await this.#terminate();
    }
  }

  #half<Out extends Payload>(half: number) {
    const call = (method: Method, argument?: Payload): Promise<unknown> => this.#call(half, method, argument);
    return {
      push: (input: Payload) => call("push", input) as Promise<Out>,
      conceal: (next?: Payload) => call("conceal", next) as Promise<Out>,
      flush: () => call("flush") as Promise<Out>,
      reset: () => call("reset") as Promise<void>,
      save: () => call("save") as Promise<SavedState>,
      restore: (state: SavedState) => call("restore", state) as Promise<void>,
      setGains: (gains: Float32Array) => call("setGains", gains) as Promise<void>,
      close: () => call("close") as Promise<void>,
    };
  }

  #call(half: number, method: Method, argument?: Argument): Promise<Payload | number | undefined> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = ++this.#lastCall;
    const copy = argument instanceof Int16Array || argument instanceof Float32Array ? argument.slice() : argument; // the caller keeps its memory
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.setBusy(true);
      this.#port.postMessage({ id, half, method, argument: copy } satisfies Call, buffersOf(copy));
    });
  }

  #receive({ id, result, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return; // an answer after close(): the process must stay alive until the worker has ended
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#port.setBusy(false);
    if (failure) waiting.reject(new CodecError(failure.code, failure.message));
    else waiting.resolve(result);
  }

  #fail(error: CodecError): void {
    this.#gone ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
