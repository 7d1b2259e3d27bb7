import { type ServerErrorCode, ServiceError } from "@twelvehz/client";
import { CodecError, type CodecErrorCode, ERROR_TABLE, messageOf } from "@twelvehz/codec/web";

/** How the server is asked. */
export interface Question {
  readonly signal?: AbortSignal;
  /** Default GET. */
  readonly method?: "GET" | "POST";
  /** A key or a token, where the server wants one. */
  readonly key?: string | undefined;
}

/**
 * Asks the server that the page came from.
 * @param path relative to the page
 * @throws CodecError, ServiceError what the server said; CodecError `io` when it does not answer,
 * `aborted`
 */
export async function ask(path: string, { signal, method = "GET", key }: Question = {}): Promise<Response> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const init = { method, signal: signal ?? null, headers };
  const answer = await fetch(new URL(path, document.baseURI), init).catch((error: unknown) => {
    if (signal?.aborted) throw new CodecError("aborted", "The work was cancelled", { cause: error });
    throw new CodecError("io", `Cannot reach the server: ${messageOf(error)}; start it, or run in this browser`, { cause: error });
  });
  if (!answer.ok) throw errorOfReply(answer.status, await answer.json().catch(() => undefined));
  return answer;
}

/**
 * The error that the server told of.
 * @param body `ErrorReply` of the server, or anything when something else answered
 */
export function errorOfReply(status: number, body: unknown): CodecError | ServiceError {
  const { code, message } = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error ?? {};
  if (typeof code !== "string" || typeof message !== "string")
    return new CodecError("io", `Cannot use the server: it answered with status ${status}; look into its log`);
  const known = Object.keys(ERROR_TABLE).find((one): one is CodecErrorCode => one === code);
  return known ? new CodecError(known, message) : new ServiceError({ code: code as ServerErrorCode, message, retryable: status === 503 });
}
