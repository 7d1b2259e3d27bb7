import { CodecError, type CodecErrorCode, ERROR_TABLE, messageOf } from "@twelvehz/codec";
import type { ErrorReply, ServerErrorCode } from "./protocol.ts";

/** Seconds after which a client that was refused may try again. */
export const RETRY_SECONDS = 5;

/** HTTP status of the failures that only a server has. */
const STATUS: Readonly<Record<Exclude<ServerErrorCode, CodecErrorCode>, number>> = { loading: 503, busy: 503, timeout: 503, slow: 408 };

/** A failure that only a server has: `loading`, `busy` and `timeout`, all of them for a while, and `slow` where the client is. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: Exclude<ServerErrorCode, CodecErrorCode>;

  constructor(code: Exclude<ServerErrorCode, CodecErrorCode>, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server's own failure that lies under an error: readers of sound wrap what the body fails with. */
export function serverErrorIn(error: unknown): ServerError | undefined {
  if (error instanceof ServerError) return error;
  return error instanceof Error && error.cause !== undefined ? serverErrorIn(error.cause) : undefined;
}

/** An error as HTTP. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorReply;
  /** Value of Retry-After, where trying again helps. */
  readonly retrySeconds?: number;
}

/** What a client is told of an error; what no client could have caused is not told in detail. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof ServerError) {
    const { code, message } = error;
    return { status: STATUS[code], body: { error: { code, message } }, ...(STATUS[code] === 503 && { retrySeconds: RETRY_SECONDS }) };
  }
  if (error instanceof CodecError)
    return { status: ERROR_TABLE[error.code].httpStatus, body: { error: { code: error.code, message: error.message } } };
  if (isRefusal(error))
    return { status: error.statusCode, body: { error: { code: "usage", message: `Cannot use the request: ${error.message}` } } };
  return {
    status: 500,
    body: { error: { code: "runtime", message: "Cannot answer the request: the server has a fault; try again, and tell who runs it" } },
  };
}

/** Errors of the HTTP framework about a request that is not of the expected form. */
function isRefusal(error: unknown): error is Error & { readonly statusCode: number } {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" && status >= 400 && status < 500 && messageOf(error) !== "";
}
