import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Progress } from "@twelvehz/codec";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "@twelvehz/codec/internal";
import type { Client } from "../access/client.ts";
import { limitsFor } from "../access/key-owner.ts";
import { isForm, openForm } from "../body/form-body.ts";
import { JobPlace } from "./job-place.ts";
import { JobTimes } from "./job-times.ts";
import type { JobProgress } from "./job-progress.ts";
import type { ServerLimits } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Traces } from "../observe/traces.ts";
import type { ModelShelf } from "../model-shelf.ts";
import { type PaceListener, paced } from "../body/paced-body.ts";
import { bodyStream } from "../body/request-body.ts";
import { queryError } from "../errors/query-error.ts";
import type { Slots } from "./slots.ts";
import { ServerError, serverErrorIn } from "../errors/server-error.ts";

/** What the routes share. */
export interface RouteContext {
  readonly models: ModelShelf;
  readonly slots: Slots;
  /** Who sends a request that was let in. */
  clientOf(this: void, request: IncomingMessage): Client;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** Is told of errors that no request should be able to cause. */
  fault(error: unknown): void;
  /** How far requests are that their clients have named. */
  readonly progress: JobProgress;
  /** Fires when the server has to end what is in progress. */
  readonly closing: AbortSignal;
}

/** What is asked of a request. */
type SentRequest = Pick<FastifyRequest, "raw" | "headers" | "query" | "getValidationFunction">;

/** What was sent: options, and a file. */
export interface Sent<Query> {
  /** Options of the query, and text fields of a form that stand before its file. */
  readonly query: Query;
  /** The file. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** One request. */
export interface Job<Query> {
  /** Fires when the client has gone away, the time is up, or the server closes. */
  readonly signal: AbortSignal;
  /** What the request may take. */
  readonly limits: ServerLimits;
  /** How long its parts take. */
  readonly times: JobTimes;
  /** Told how far the networks are, where the client wants to know. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /**
   * Begins to read the body, bare or as a form. The request has a place while the body comes
   * steadily, and once it is there.
   */
  open(): Promise<Sent<Query>>;
}

/** A job that has begun. */
interface BegunJob<Query> {
  readonly job: Job<Query>;
  /** What the client is told: why the job was stopped, else what it failed with. */
  reasonOf(error: unknown): unknown;
  /** Gives back what the job holds. */
  end(): void;
}

/**
 * Does the work of one request within the limits.
 * @throws ServerError `busy` and `too-many` when there is no place, `slow` when the body stands
 * still, `timeout` when the time is up; CodecError `aborted` when the client has gone away, and what
 * `work` fails with
 */
export async function runJob<Query, T>(
  context: RouteContext,
  request: SentRequest,
  reply: FastifyReply,
  work: (job: Job<Query>) => Promise<T>,
): Promise<T> {
  const { job, reasonOf, end } = beginJob<Query>(context, request, reply);
  try {
    return await work(job);
  } catch (error) {
    throw reasonOf(error);
  } finally {
    end();
  }
}

/**
 * As {@link runJob}, but the answer is sent while it is made, and while the body may still come.
 * What fails before the first piece is told as ever; after that the connection is cut, which the
 * client's HTTP library reports.
 */
export async function streamJob<Query>(
  context: RouteContext,
  request: SentRequest,
  reply: FastifyReply,
  work: (job: Job<Query>) => AsyncIterable<Uint8Array>,
): Promise<Readable> {
  const { job, reasonOf, end } = beginJob<Query>(context, request, reply);
  async function* answer(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* work(job);
    } catch (error) {
      throw reasonOf(error);
    } finally {
      end();
    }
  }
  const pieces = answer();
  const first = await pieces.next();
  return Readable.from(startingWith(first, pieces), { objectMode: false });
}

async function* startingWith<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  try {
    if (!first.done) yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

function beginJob<Query>(
  { slots, clientOf, limits: all, closing, clock, progress }: RouteContext,
  request: SentRequest,
  reply: FastifyReply,
): BegunJob<Query> {
  const client = clientOf(request.raw);
  slots.assertOpen(client);
  const limits = limitsFor(all, client.owner);
  const place = new JobPlace(slots, client);
  const times = new JobTimes(clock);
  const listener: PaceListener = {
    steady: () => place.steady(),
    stalled: () => place.stalled(),
    waited: (seconds) => times.waited(seconds),
  };
  const watched = progress.watch(request.raw);
  const stop = new AbortController();
  const gone = (): void => stop.abort(new Error("the client has gone away"));
  const close = (): void => stop.abort(new ServerError("timeout", "Cannot answer the request: the server is closing; try again later"));
  const cancelTimer = clock.after(limits.requestSeconds * 1000, () => stop.abort(late(limits)));
  reply.raw.once("close", gone);
  closing.addEventListener("abort", close);
  const open = (): Promise<Sent<Query>> => openBody(request, paced(bodyStream(request.raw, limits.maxBytes), limits, clock, listener));
  return {
    job: { signal: stop.signal, limits, times, onProgress: watched?.onProgress, open },
    reasonOf: (error) => serverErrorIn(stop.signal.reason) ?? serverErrorIn(error) ?? error,
    end: () => {
      cancelTimer();
      reply.raw.off("close", gone);
      closing.removeEventListener("abort", close);
      place.leave();
      watched?.end();
      request.raw.resume(); // what is left of the body is read and dropped, so that the client sees the answer
    },
  };
}

async function openBody<Query>(request: SentRequest, body: AsyncIterable<Uint8Array>): Promise<Sent<Query>> {
  const type = request.headers["content-type"];
  if (!isForm(type)) return { query: request.query as Query, bytes: body };
  const { fields, bytes } = await openForm(body, type);
  return { query: withFields(request, fields), bytes };
}

/** The query with the fields of a form, which have to be as valid. */
function withFields<Query>(request: SentRequest, fields: Readonly<Record<string, string>>): Query {
  const query: Record<string, unknown> = { ...(request.query as object), ...fields };
  const validate = request.getValidationFunction("querystring");
  if (validate && !validate(query)) throw queryError(validate.errors?.[0]);
  return query as Query;
}

function late({ requestSeconds }: ServerLimits): ServerError {
  return new ServerError(
    "timeout",
    `Cannot answer the request: it took over ${requestSeconds} s; send a shorter sound, or try again when the server has less to do`,
  );
}
