import { CodecError } from "../errors.ts";
import { assertKind } from "../misuse.ts";

/**
 * The promise, or a rejection with CodecError `aborted` as soon as the signal fires: what is silent
 * must not hold up a cancelled program. A signal that has fired already is not seen: ask
 * `throwIfAborted` before the work begins.
 * @param message of the rejection
 */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  message: string = "The work was cancelled",
): Promise<T> {
  if (signal === undefined) return promise;
  assertKind(signal, "signal", "signal");
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new CodecError("aborted", message, { cause: signal.reason }));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
