import { CodecError, type CodecErrorCode, ERROR_TABLE, messageOf } from "@twelvehz/codec";
import type { ErrorReply, ServerErrorCode } from "../protocol.ts";

/** Seconds after which a client that was refused may try again. */
export const RETRY_SECONDS = 5;

/** Failures that only a server has. */
type OwnCode = Exclude<ServerErrorCode, CodecErrorCode>;

/** How a failure of the server is told. */
export interface OwnError {
  readonly meaning: string;
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code. */
  readonly closeCode: number;
  /** Whether trying again helps. */
  readonly retryable: boolean;
}

/** Failures that only a server has; docs/errors.md is generated from this table. */
export const OWN_ERRORS: Readonly<Record<OwnCode, OwnError>> = {
  loading: { meaning: "the model is being loaded", status: 503, closeCode: 1013, retryable: true },
  busy: { meaning: "all slots or connections are taken", status: 503, closeCode: 1013, retryable: true },
  timeout: { meaning: "the work took too long, or the server closes", status: 503, closeCode: 1013, retryable: true },
  draining: { meaning: "the server is going down: resume elsewhere", status: 503, closeCode: 1001, retryable: true },
  slow: { meaning: "a body stood still, or what was sent is not read", status: 408, closeCode: 1013, retryable: true },
  idle: { meaning: "nothing came for too long", status: 408, closeCode: 4408, retryable: true },
  "too-many": { meaning: "the address or the key has all that it may have", status: 429, closeCode: 1013, retryable: true },
  unauthorized: { meaning: "no valid key or token", status: 401, closeCode: 1008, retryable: false },
  policy: { meaning: "against the rules of the protocol", status: 403, closeCode: 1008, retryable: false },
  full: { meaning: "two ends are in the room already", status: 409, closeCode: 4409, retryable: false },
  "no-session": { meaning: "the stream to resume is not there any more: begin anew", status: 404, closeCode: 4404, retryable: false },
};

/** A failure that only a server has. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: OwnCode;

  constructor(code: OwnCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The server's own failure that lies under an error: readers of sound wrap what the body fails
 * with.
 */
export function serverErrorIn(error: unknown): ServerError | undefined {
  if (error instanceof ServerError) return error;
  return error instanceof Error && error.cause !== undefined ? serverErrorIn(error.cause) : undefined;
}

/** An error as HTTP and WebSocket tell it. */
export interface ErrorAnswer {
  readonly status: number;
  /** WebSocket close code. */
  readonly closeCode: number;
  readonly body: ErrorReply;
  /** Value of Retry-After, where trying again helps. */
  readonly retrySeconds?: number;
}

const FAULT = "Cannot answer the request: the server has a fault; try again, and tell who runs it";

/** What a client is told of an error; what no client could have caused is not told in detail. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof ServerError) {
    const { code, message } = error;
    const { status, closeCode, retryable } = OWN_ERRORS[code];
    return { status, closeCode, body: { error: { code, message } }, ...(retryable && { retrySeconds: RETRY_SECONDS }) };
  }
  if (error instanceof CodecError) {
    const { httpStatus, closeCode } = ERROR_TABLE[error.code];
    return { status: httpStatus, closeCode, body: { error: { code: error.code, message: error.message } } };
  }
  if (isRefusal(error)) {
    const message = `Cannot use the request: ${error.message}`;
    return { status: error.statusCode, closeCode: ERROR_TABLE.usage.closeCode, body: { error: { code: "usage", message } } };
  }
  return { status: 500, closeCode: ERROR_TABLE.runtime.closeCode, body: { error: { code: "runtime", message: FAULT } } };
}

/** Errors of the HTTP framework about a request that is not of the expected form. */
function isRefusal(error: unknown): error is Error & { readonly statusCode: number } {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" && status >= 400 && status < 500 && messageOf(error) !== "";
}
