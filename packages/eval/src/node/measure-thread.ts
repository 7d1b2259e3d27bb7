import { Worker } from "node:worker_threads";
import { type Audio, CodecError, type CodecErrorCode } from "@twelvehz/codec/node";
import type { MeasureValues } from "../evaluation/measure.ts";
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

/** Compares clips in a thread of its own: the measures compute for long and without pause. One pair at a time. */
export class MeasureThread {
  readonly #worker: Worker;
  readonly #lost: Promise<never>;

  constructor(options: MeasureThreadOptions = {}) {
    this.#worker = new Worker(new URL("./measure-worker.js", import.meta.url), { workerData: options, execArgv: [] });
    this.#lost = new Promise((_, reject) => {
      this.#worker.once("error", (error) => reject(new CodecError("runtime", `Cannot measure: the worker failed (${error.message})`)));
      this.#worker.once("exit", () => reject(new CodecError("closed", "Cannot measure: the worker has ended")));
    });
    this.#lost.catch(() => undefined);
  }

  /**
   * Values of the measures of the registry and of the networks; the clips are left to the caller.
   * @throws CodecError `bad-audio` when a sample is not finite, `not-found` or `bad-model` for a network, `runtime`, `closed`
   */
  async measure(reference: Audio, degraded: Audio, ids: readonly string[]): Promise<MeasureValues> {
    const request: MeasureRequest = {
      reference: reference.samples.slice(),
      degraded: degraded.samples.slice(),
      sampleRate: reference.sampleRate,
      ids,
    };
    const answered = new Promise<MeasureAnswer>((resolve) => this.#worker.once("message", resolve));
    this.#worker.postMessage(request, [request.reference.buffer, request.degraded.buffer]);
    const answer = await Promise.race([answered, this.#lost]);
    if ("failure" in answer) throw new CodecError(answer.failure.code, answer.failure.message);
    return answer.values;
  }

  /** Ends the thread, whatever it is at. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
