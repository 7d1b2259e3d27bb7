import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { CodecError } from "@twelvehz/codec";
import { COMPACT, modelFolder } from "@twelvehz/codec/node";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { JobProgress } from "./job-progress.ts";
import type { RouteContext } from "./jobs.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { ModelShelf, type OpenModel } from "./model-shelf.ts";
import { queryError } from "./query-error.ts";
import { assertOneHost, drained, refuseConnection } from "./refusals.ts";
import { decodeRoute } from "./routes/decode.ts";
import { encodeRoute } from "./routes/encode.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobsRoute } from "./routes/jobs.ts";
import { modelsRoute } from "./routes/models.ts";
import { pageRoutes } from "./routes/page.ts";
import { roundtripRoute } from "./routes/roundtrip.ts";
import { assertSameOrigin, ISOLATION_HEADERS, LOOPBACK_NAMES } from "./same-origin.ts";
import { answerTo } from "./server-error.ts";
import { Metrics } from "./metrics.ts";
import { describeRoutes } from "./openapi.ts";
import { VERSION } from "./package-version.ts";
import { Slots } from "./slots.ts";
import { StreamSockets } from "./stream/stream-sockets.ts";

/** Options of {@link createServer}. */
export interface ServerOptions {
  /** Default model: `compact`, a folder or a downloaded model. Default: as for `openCodec`. */
  readonly model?: string | undefined;
  /** Opens a model by name. Default: `openCodec`. */
  readonly openModel?: OpenModel | undefined;
  /** What differs from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Names, without port, under which the server answers; `any` where it is meant to be reached from other machines. Default: those of loopback. */
  readonly hostNames?: readonly string[] | "any" | undefined;
  /** Told of errors that no request should be able to cause; clients learn only that there was one. Default: nobody. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** Folder of the built page. Default: the one in this package. */
  readonly pageFolder?: string | undefined;
  /** Time, for tests. Default: that of the process. */
  readonly clock?: Clock | undefined;
}

/** A server that does not listen yet. */
export interface Server {
  /** `app.listen` starts it, `app.inject` tries it without a port, `app.close` ends what is in progress and frees the models. */
  readonly app: FastifyInstance;
  /** Its models; the default one is being opened. */
  readonly models: ModelShelf;
}

const PAGE_FOLDER = fileURLToPath(new URL("./page/", import.meta.url));

/**
 * Speech to codes and back over HTTP, and the page.
 * @throws CodecError `not-found` when the model is not there, and as reading the settings does
 */
export function createServer(options: ServerOptions = {}): Server {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const clock = options.clock ?? SYSTEM_CLOCK;
  const models = new ModelShelf(options.model, options.openModel);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every request in progress listens
  const slots = new Slots(limits.slots);
  const metrics = new Metrics(slots, VERSION);
  const fault = (error: unknown): void => options.onFault?.(error);
  const context: RouteContext = { models, slots, limits, clock, metrics, closing: closing.signal, progress: new JobProgress(), fault };
  const app = bareApp(context);
  const guard = guardOf(options.hostNames ?? LOOPBACK_NAMES);
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(ISOLATION_HEADERS);
    guard(request.raw);
  });
  const sockets = new StreamSockets(context, guard);
  sockets.attach(app.server);
  closeGently(app, closing, context, sockets);
  describeRoutes(app);
  metrics.attach(app);
  for (const route of [healthRoutes, modelsRoute, jobsRoute, encodeRoute, decodeRoute, roundtripRoute]) void app.register(route, context);
  void app.register(pageRoutes, { pageFolder: options.pageFolder ?? PAGE_FOLDER, compactFolder: modelFolder(COMPACT) });
  return { app, models };
}

function bareApp({ limits, clock, metrics, fault }: RouteContext): FastifyInstance {
  const answer = async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { status, body, retrySeconds } = answerTo(error);
    if (status >= 500 && retrySeconds === undefined) fault(error);
    metrics.rejected(body.error.code);
    if (retrySeconds !== undefined) reply.header("retry-after", retrySeconds);
    if (!reply.raw.shouldKeepAlive) await drained(request.raw, clock);
    return reply.code(status).send(body);
  };
  const app = fastify({
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    clientErrorHandler: refuseConnection,
    http: { requireHostHeader: false }, // we say ourselves what is wrong
    requestTimeout: (limits.requestSeconds + 5) * 1000, // the last resort, after the answer that says why
    ajv: { customOptions: { removeAdditional: false } }, // a misspelt option is an error
    schemaErrorFormatter: ([problem]) => queryError(problem!), // there is no error without a problem
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload)); // the routes read bodies themselves, and count
  app.setErrorHandler((error, request, reply) => answer(error, request, reply));
  app.setNotFoundHandler(({ method, url }) => {
    const remedy =
      url === "/"
        ? 'the page is not built; run "npm run build"'
        : "there is POST /v1/encode, POST /v1/decode, POST /v1/roundtrip, GET /v1/models and the page";
    throw new CodecError("not-found", `Cannot find ${method} ${JSON.stringify(url)}: ${remedy}`);
  });
  return app;
}

/** What no request may come without, an upgrade neither. */
function guardOf(hostNames: readonly string[] | "any"): (request: IncomingMessage) => void {
  return (request) => {
    assertOneHost(request);
    assertSameOrigin(request, hostNames === "any" ? undefined : hostNames);
  };
}

/** How often connections are looked through while the server closes. */
const SWEEP_MS = 50;
/** How long answers to cancelled requests may take to leave, milliseconds: a client that still sends its body would hold its connection. */
const LEAVE_MS = 500;

/** Requests in progress get some seconds to end; then they are cancelled, and the models are freed. */
function closeGently(app: FastifyInstance, closing: AbortController, { limits, models }: RouteContext, sockets: StreamSockets): void {
  let deadline: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  let sweep: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    const cut = (): void => {
      sockets.terminate();
      app.server.closeAllConnections();
    };
    deadline = setTimeout(() => {
      closing.abort();
      sockets.drain();
    }, limits.closeSeconds * 1000);
    end = setTimeout(cut, limits.closeSeconds * 1000 + LEAVE_MS);
    sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS); // a connection is idle only a moment after its last answer
  });
  app.addHook("onClose", async () => {
    clearTimeout(deadline);
    clearTimeout(end);
    clearInterval(sweep);
    await models.close();
  });
}
