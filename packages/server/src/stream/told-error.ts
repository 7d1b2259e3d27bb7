import { answerTo } from "../errors/server-error.ts";
import type { ErrorMessage } from "@twelvehz/client";

/** Close code of what no client should be able to cause. */
export const FAULT_CODE = 1011;

/** An error as a client of a stream is told it. */
export function toldError(error: unknown): { readonly closeCode: number; readonly message: ErrorMessage } {
  const { closeCode, body, retrySeconds } = answerTo(error);
  const { code, message } = body.error;
  const retry = { retryable: retrySeconds !== undefined, ...(retrySeconds !== undefined && { retrySeconds }) };
  return { closeCode, message: { type: "error", code, message, ...retry } };
}
