import { CodecError, type CodecErrorCode, ERROR_TABLE, messageOf } from "@twelvehz/codec/web";

/**
 * Asks the server that the page came from.
 * @param path relative to the page
 * @throws CodecError what the server said, `io` when it does not answer, `aborted`
 */
export async function ask(path: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Response> {
  const answer = await fetch(new URL(path, document.baseURI), { signal: signal ?? null }).catch((error: unknown) => {
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
export function errorOfReply(status: number, body: unknown): CodecError {
  const told = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  const code: CodecErrorCode = Object.keys(ERROR_TABLE).find((known): known is CodecErrorCode => known === told?.code) ?? "io";
  const message =
    typeof told?.message === "string" ? told.message : `Cannot use the server: it answered with status ${status}; look into its log`;
  return new CodecError(code, message);
}
