import { fileURLToPath } from "node:url";
import fastify, { type FastifyInstance, type FastifyReply, type FastifySchemaValidationError } from "fastify";
import { CodecError } from "@twelvehz/codec";
import { COMPACT, modelFolder } from "@twelvehz/codec/node";
import { JobProgress } from "./job-progress.ts";
import { JobQueue } from "./job-queue.ts";
import type { RouteContext } from "./jobs.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { ModelShelf, type OpenModel } from "./model-shelf.ts";
import { decodeRoute } from "./routes/decode.ts";
import { encodeRoute } from "./routes/encode.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobsRoute } from "./routes/jobs.ts";
import { modelsRoute } from "./routes/models.ts";
import { pageRoutes } from "./routes/page.ts";
import { assertSameOrigin, ISOLATION_HEADERS, LOOPBACK_NAMES } from "./same-origin.ts";
import { answerTo } from "./server-error.ts";

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
  const models = new ModelShelf(options.model, options.openModel);
  const closing = new AbortController();
  const context: RouteContext = { models, queue: new JobQueue(limits), limits, closing: closing.signal, progress: new JobProgress() };
  const app = bareApp(limits, options.onFault);
  guard(app, options.hostNames ?? LOOPBACK_NAMES);
  closeGently(app, closing, context);
  for (const route of [healthRoutes, modelsRoute, jobsRoute, encodeRoute, decodeRoute]) void app.register(route, context);
  void app.register(pageRoutes, { pageFolder: options.pageFolder ?? PAGE_FOLDER, compactFolder: modelFolder(COMPACT) });
  return { app, models };
}

function bareApp({ requestSeconds }: ServerLimits, onFault: ServerOptions["onFault"]): FastifyInstance {
  const answer = (error: unknown, reply: FastifyReply): FastifyReply => {
    const { status, body, retrySeconds } = answerTo(error);
    if (status >= 500 && retrySeconds === undefined) onFault?.(error);
    if (retrySeconds !== undefined) reply.header("retry-after", retrySeconds);
    return reply.code(status).send(body);
  };
  const app = fastify({
    frameworkErrors: (error, _request, reply) => answer(error, reply),
    requestTimeout: (requestSeconds + 5) * 1000, // the last resort, after the answer that says why
    ajv: { customOptions: { removeAdditional: false } }, // a misspelt option is an error
    schemaErrorFormatter: ([problem]) => queryError(problem),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload)); // the routes read bodies themselves, and count
  app.setErrorHandler((error, _request, reply) => answer(error, reply));
  app.setNotFoundHandler(({ method, url }) => {
    const remedy =
      url === "/" ? 'the page is not built; run "npm run build"' : "there is POST /v1/encode, POST /v1/decode, GET /v1/models and the page";
    throw new CodecError("not-found", `Cannot find ${method} ${JSON.stringify(url)}: ${remedy}`);
  });
  return app;
}

function queryError({ params, instancePath, message }: FastifySchemaValidationError): CodecError {
  const { additionalProperty, allowedValues } = params;
  if (additionalProperty !== undefined)
    return new CodecError("usage", `Cannot use the query: there is no option "${String(additionalProperty)}"`);
  const values = Array.isArray(allowedValues) ? `: ${allowedValues.join(", ")}` : "";
  return new CodecError("usage", `Cannot use the query: "${instancePath.slice(1)}" ${message}${values}`);
}

function guard(app: FastifyInstance, hostNames: readonly string[] | "any"): void {
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(ISOLATION_HEADERS);
    assertSameOrigin(request, hostNames === "any" ? undefined : hostNames);
  });
}

/** How often connections are looked through while the server closes. */
const SWEEP_MS = 50;
/** How long answers to cancelled requests may take to leave, milliseconds: a client that still sends its body would hold its connection. */
const LEAVE_MS = 500;

/** Requests in progress get some seconds to end; then they are cancelled, and the models are freed. */
function closeGently(app: FastifyInstance, closing: AbortController, { limits, models }: RouteContext): void {
  let deadline: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  let sweep: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    deadline = setTimeout(() => closing.abort(), limits.closeSeconds * 1000);
    end = setTimeout(() => app.server.closeAllConnections(), limits.closeSeconds * 1000 + LEAVE_MS);
    sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS); // a connection is idle only a moment after its last answer
  });
  app.addHook("onClose", async () => {
    clearTimeout(deadline);
    clearTimeout(end);
    clearInterval(sweep);
    await models.close();
  });
}
