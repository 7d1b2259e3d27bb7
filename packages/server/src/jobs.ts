import type { IncomingMessage, ServerResponse } from "node:http";
import type { Progress } from "@twelvehz/codec";
import type { JobProgress } from "./job-progress.ts";
import type { JobQueue } from "./job-queue.ts";
import type { ServerLimits } from "./limits.ts";
import type { ModelShelf } from "./model-shelf.ts";
import { ServerError } from "./server-error.ts";

/** What the routes share. */
export interface RouteContext {
  readonly models: ModelShelf;
  readonly queue: JobQueue;
  readonly limits: ServerLimits;
  /** How far requests are that their clients have named. */
  readonly progress: JobProgress;
  /** Fires when the server has to end what is in progress. */
  readonly closing: AbortSignal;
}

/** One request that has a place in the queue. */
export interface Job {
  /** Fires when the client has gone away, the time is up, or the server closes. */
  readonly signal: AbortSignal;
  /** Waits until the networks may work for this request. */
  turn(): Promise<void>;
  /** Told how far the networks are, where the client wants to know. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * Does the work of one request within the limits.
 * @throws ServerError `busy` when there is no place, `timeout` when the time is up; CodecError `aborted` when the client has gone away, and what `work` fails with
 */
export async function runJob<T>(
  { queue, limits, closing, progress }: RouteContext,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  work: (job: Job) => Promise<T>,
): Promise<T> {
  const ticket = queue.admit();
  const stop = new AbortController();
  const gone = (): void => stop.abort(new Error("the client has gone away"));
  const close = (): void => stop.abort(new ServerError("timeout", "Cannot answer the request: the server is closing; try again later"));
  const timer = setTimeout(() => stop.abort(late(limits)), limits.requestSeconds * 1000);
  response.once("close", gone);
  closing.addEventListener("abort", close);
  try {
    return await progress.follow(request, (onProgress) => work({ signal: stop.signal, turn: () => ticket.turn(stop.signal), onProgress }));
  } catch (error) {
    throw stop.signal.reason instanceof ServerError ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    response.off("close", gone);
    closing.removeEventListener("abort", close);
    ticket.leave();
    request.resume(); // what is left of the body is read and dropped, so that the client sees the answer
  }
}

function late({ requestSeconds }: ServerLimits): ServerError {
  return new ServerError(
    "timeout",
    `Cannot answer the request: it took over ${requestSeconds} s; send a shorter sound, or try again when the server has less to do`,
  );
}
