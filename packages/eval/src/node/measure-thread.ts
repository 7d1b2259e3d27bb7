import { Worker } from "node:worker_threads";
import { type Audio, CodecError, type CodecErrorCode, endWorker, quietOrt } from "@twelvehz/codec/node";
import type { MeasureValues } from "../measures/measure.ts";
import type { NeuralMeasuresOptions } from "./neural/open-neural-measures.ts";

/** Two clips to compare. */
export interface MeasureRequest {
  readonly reference: Float32Array<ArrayBuffer>;
  readonly degraded: Float32Array<ArrayBuffer>;
  readonly sampleRate: number;
  /** Ids of the measures. */
  readonly ids: readonly string[];
}

/** What the thread is started with. */
export interface MeasureThreadOptions {
  /** Opens the networks that judge speech by itself, too. */
  readonly neural?: NeuralMeasuresOptions | undefined;
}

/** What the worker says of them. */
export type MeasureAnswer =
  | { readonly values: MeasureValues }
  | { readonly failure: { readonly code: CodecErrorCode; readonly message: string } };

/** A worker, and what tells that it is no more. */
interface Running {
  readonly worker: Worker;
  /** Rejects when the worker has failed or ended. */
  readonly lost: Promise<never>;
}

/**
 * Compares clips in a thread of its own: the measures compute for long and without pause. One pair
 * at a time. A worker that failed is replaced for the next pair.
 */
export class MeasureThread {
  readonly #options: MeasureThreadOptions;
  #running: Running | undefined;
  #closed = false;

  constructor(options: MeasureThreadOptions = {}) {
    this.#options = options;
    this.#running = this.#start();
  }

  #start(): Running {
    quietOrt();
    const worker = new Worker(new URL("./measure-worker.js", import.meta.url), { workerData: this.#options, execArgv: [] });
    const lost = new Promise<never>((_, reject) => {
      const end = (error: CodecError): void => {
        if (this.#running?.worker === worker) this.#running = undefined;
        reject(error);
      };
      worker.once("error", (error) => end(new CodecError("runtime", `Cannot measure: the worker failed (${error.message})`)));
      worker.once("exit", () => end(new CodecError("closed", "Cannot measure: the worker has ended")));
    });
    lost.catch(() => undefined);
    return { worker, lost };
  }

  /**
   * Values of the measures of the registry and of the networks; the clips are left to the caller.
   * @throws CodecError `bad-audio` when a sample is not finite, `not-found` or `bad-model` for a
   * network, `runtime`, `closed`
   */
  async measure(reference: Audio, degraded: Audio, ids: readonly string[]): Promise<MeasureValues> {
    if (this.#closed) throw new CodecError("closed", "Cannot measure: the thread was closed");
    const { worker, lost } = (this.#running ??= this.#start());
    const request: MeasureRequest = {
      reference: reference.samples.slice(),
      degraded: degraded.samples.slice(),
      sampleRate: reference.sampleRate,
      ids,
    };
    const answered = new Promise<MeasureAnswer>((resolve) => worker.once("message", resolve));
    worker.postMessage(request, [request.reference.buffer, request.degraded.buffer]);
    const answer = await Promise.race([answered, lost]);
    if ("failure" in answer) throw new CodecError(answer.failure.code, answer.failure.message);
    return answer.values;
  }

  /** Ends the thread when it is done with the step that it is at. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running) await endWorker(this.#running.worker);
  }
}
