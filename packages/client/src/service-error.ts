import { CodecError, type CodecErrorCode, ERROR_TABLE } from "@twelvehz/codec";
import type { ErrorMessage, ServerErrorCode } from "./wire.ts";

/** A failure that only a server has, such as `busy` and `unauthorized`. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ServerErrorCode;
  /** Whether the same may work later. */
  readonly retryable: boolean;

  constructor({ code, message, retryable }: Pick<ErrorMessage, "code" | "message" | "retryable">) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** What the server said, as the codec itself would have: a CodecError where it has the code. */
export function errorFrom(told: Pick<ErrorMessage, "code" | "message" | "retryable">): CodecError | ServiceError {
  return told.code in ERROR_TABLE ? new CodecError(told.code as CodecErrorCode, told.message) : new ServiceError(told);
}
