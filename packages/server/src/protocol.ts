/** What the server says, for those who talk to it. Types only: a page may import them. */
import type { ServerErrorCode } from "@twelvehz/client";
import type { ModelInfo } from "@twelvehz/codec";

export type { ServerErrorCode };

/** Body of every answer that is no success. */
export interface ErrorReply {
  readonly error: {
    /** For programs. */
    readonly code: ServerErrorCode;
    /** For people: what failed, what was found, what is wanted, the remedy. */
    readonly message: string;
  };
}

/** Answer of `GET /readyz`: status 200 when ready, else 503. */
export interface ReadyReply extends Partial<ErrorReply> {
  readonly ready: boolean;
  /** How much of the default model is loaded, 0 to 1. */
  readonly progress: number;
  /** The default model, once it is open. */
  readonly model?: ModelInfo | undefined;
}

/** Answer of `GET /v1/jobs/NAME`. */
export interface JobReply {
  /** Seconds of sound that are done. */
  readonly doneSeconds: number;
  /**
   * Seconds of sound in all; missing while the request waits for its turn or its body is being
   * read.
   */
  readonly totalSeconds?: number;
}

/** One model of {@link ModelsReply}. */
export interface ListedModel {
  /** What `?model=` takes. */
  readonly name: string;
  /** Size of its files. */
  readonly bytes: number;
  /** Whether it is used where a request names none. */
  readonly default: boolean;
  /** Facts, for a model that is open. */
  readonly info?: ModelInfo | undefined;
}

/** Answer of `GET /v1/models`. */
export interface ModelsReply {
  readonly models: readonly ListedModel[];
}
