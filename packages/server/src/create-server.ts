import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import cors from "@fastify/cors";
import type { IncomingMessage } from "node:http";
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Codec, CodecError, type DeviceOptions } from "@twelvehz/codec";
import { COMPACT, modelFolder, openCodec, openCodecPool } from "@twelvehz/codec/node";
import { Gate } from "./access/gate.ts";
import { type Client, clientAddress, isOwnMachine } from "./access/client.ts";
import { ISOLATION_HEADERS, LOOPBACK_NAMES } from "./access/same-origin.ts";
import { type Clock, SYSTEM_CLOCK } from "@twelvehz/codec/internal";
import { JobProgress } from "./jobs/job-progress.ts";
import type { RouteContext } from "./jobs/jobs.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { logRequests } from "./observe/log-requests.ts";
import { ModelShelf, type OpenModel } from "./model-shelf.ts";
import { queryError } from "./errors/query-error.ts";
import { drained, LINGER_MS, refuseConnection, SLOW_LINGER_MS } from "./errors/refusals.ts";
import { decodeRoute } from "./routes/decode.ts";
import { encodeRoute } from "./routes/encode.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobsRoute } from "./routes/jobs.ts";
import { modelsRoute } from "./routes/models.ts";
import { pageRoutes } from "./routes/page.ts";
import { roundtripRoute } from "./routes/roundtrip.ts";
import { tokensRoute } from "./routes/tokens.ts";
import { answerTo } from "./errors/server-error.ts";
import { Metrics } from "./observe/metrics.ts";
import { type TraceApi, Traces } from "./observe/traces.ts";
import { describeRoutes } from "./openapi.ts";
import { VERSION } from "./package-version.ts";
import { RoomSockets } from "./rooms/room-sockets.ts";
import { Slots } from "./jobs/slots.ts";
import { StreamSockets } from "./stream/stream-sockets.ts";

/**
 * Options of {@link createServer}. On a graphics card the streams of a model share runs, in one process
 * where `engines` is `auto`; other models than the default one are opened on the processor where they
 * have no kernels, or there is no card for them.
 */
export interface ServerOptions extends DeviceOptions {
  /** Default model: `compact`, a folder or a downloaded model. Default: as for `openCodec`. */
  readonly model?: string | undefined;
  /**
   * Processes in which each model is computed: a stream goes on in another when one of them
   * crashes. `auto`: as `openCodecPool` finds best. Default: one thread of this process.
   */
  readonly engines?: number | "auto" | undefined;
  /** Is told the id of every process that is started for {@link engines}. */
  readonly onEngine?: ((pid: number) => void) | undefined;
  /**
   * Opens a model by name. Default: `openCodec`, or `openCodecPool` where {@link engines} are
   * given.
   */
  readonly openModel?: OpenModel | undefined;
  /** What differs from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /**
   * Names, without port, under which the server answers; `any` where it is meant to be reached from
   * other machines. Default: those of loopback.
   */
  readonly hostNames?: readonly string[] | "any" | undefined;
  /**
   * File of keys: where it is given, `/v1/` and `/metrics` want `Authorization: Bearer KEY`. Read
   * again when it changes.
   */
  readonly keysFile?: string | undefined;
  /**
   * Sites beside the server's own whose pages may send requests, such as `https://app.example.org`.
   * Default: none.
   */
  readonly origins?: readonly string[] | undefined;
  /**
   * Proxies in front, whose `X-Forwarded-For` tells the address of a client, by which connections and
   * slots are counted: addresses, networks such as `10.0.0.0/8`, or `loopback`, `linklocal`,
   * `uniquelocal`. Default: none, and nobody is believed.
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * Where a line for every request goes: method, route, status, time. Never bodies, queries or
   * keys. Default: nowhere.
   */
  readonly log?: FastifyBaseLogger | undefined;
  /**
   * The package `@opentelemetry/api`: a span is made for every request and stream, and goes where
   * its user has set that up. Default: no spans.
   */
  readonly openTelemetry?: TraceApi | undefined;
  /**
   * Told of errors that no request should be able to cause; clients learn only that there was one.
   * Default: nobody.
   */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** Folder of the built page. Default: the one in this package. */
  readonly pageFolder?: string | undefined;
  /** Time, for tests. Default: that of the process. */
  readonly clock?: Clock | undefined;
}

/** A server that does not listen yet. */
export interface Server {
  /**
   * `app.listen` starts it, `app.inject` tries it without a port, `app.close` ends what is in
   * progress and frees the models.
   */
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
  const limits = limitsOf(options);
  const clock = options.clock ?? SYSTEM_CLOCK;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every request in progress listens
  const slots = new Slots(limits.slots, (client, total) => slotsOf(client, total, limits));
  const addressOf = clientAddress(options.trustedProxies ?? []);
  const metrics = new Metrics(slots, VERSION);
  const fault = (error: unknown): void => options.onFault?.(error);
  const deviceOf = (name: string): DeviceOptions => ({
    device: options.device === "webgpu" && name !== models.defaultName ? "auto" : options.device,
    decoderWeights: options.decoderWeights,
  });
  const models: ModelShelf = new ModelShelf(options.model, options.openModel ?? openerOf(options, deviceOf, metrics, fault));
  if (options.limits?.slots === undefined) fitSlots(slots, models, options.engines);
  const progress = new JobProgress();
  const gate = gateOf(options, clock, fault);
  const clientOf = (request: IncomingMessage): Client => ({ address: addressOf(request), owner: gate.ownerOf(request) });
  const traces = new Traces(options.openTelemetry, VERSION);
  const context: RouteContext = { models, slots, clientOf, limits, clock, metrics, traces, closing: closing.signal, progress, fault };
  const app = bareApp(context);
  traces.attach(app);
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(ISOLATION_HEADERS);
    const { origin } = request.headers; // a page of another site shall see why it was refused, too
    if (origin !== undefined && options.origins?.some((site) => site.toLowerCase() === origin.toLowerCase()))
      void reply.headers({ "access-control-allow-origin": origin, vary: "Origin" });
    gate.admit(request.raw);
  });
  if (options.origins?.length)
    void app.register(cors, { origin: [...options.origins], methods: ["GET", "POST"], maxAge: PREFLIGHT_SECONDS });
  const sockets = new StreamSockets(context, gate);
  const rooms = new RoomSockets(context, gate);
  app.server.on("upgrade", (request, socket, head) => (RoomSockets.matches(request) ? rooms : sockets).upgrade(request, socket, head));
  closeGently(app, closing, context, [sockets, rooms]);
  describeRoutes(app);
  metrics.attach(app);
  if (options.log) logRequests(app, options.log, addressOf);
  for (const route of [healthRoutes, modelsRoute, jobsRoute, encodeRoute, decodeRoute, roundtripRoute]) void app.register(route, context);
  void app.register(tokensRoute, { gate });
  void app.register(pageRoutes, {
    pageFolder: options.pageFolder ?? PAGE_FOLDER,
    compactFolder: modelFolder(COMPACT),
    graphicsFolder: async () => (options.keysFile === undefined ? models.graphicsFolder() : undefined), // who wants keys gives no large files to everyone
  });
  return { app, models };
}

function limitsOf({ limits, engines = 1, keysFile }: ServerOptions): ServerLimits {
  const maxRooms = keysFile === undefined ? DEFAULT_LIMITS.maxRooms : 0; // who wants keys hands nothing on for everyone
  return { ...DEFAULT_LIMITS, maxRooms, slots: DEFAULT_LIMITS.slots * processorsOf(engines), ...limits };
}

/** Slots that the address of a client may have of so many. */
function slotsOf({ address, owner }: Client, total: number, { slotsPerAddress }: ServerLimits): number {
  if (slotsPerAddress > 0) return slotsPerAddress;
  return owner || isOwnMachine(address) ? total : Math.ceil(total / 2);
}

function processorsOf(engines: number | "auto"): number {
  return engines === "auto" ? availableParallelism() : engines;
}

/** Streams of the published model on a graphics card: each takes 74 MB of it, the weights 456 MB. */
const STREAMS_ON_CARD = 16;

/** As many as the default model's streams that these processors compute in real time. */
function fitSlots(slots: Slots, { ready }: ModelShelf, engines: number | "auto" = 1): void {
  const fit = ({ info: { traits, graphicsCard } }: Codec): void => {
    const onProcessors = Math.max(1, Math.floor(traits.streamsPerProcessor * processorsOf(engines)));
    slots.total = graphicsCard === undefined ? onProcessors : STREAMS_ON_CARD;
  };
  ready.then(fit, () => undefined); // the shelf tells why there is no model
}

function openerOf(
  { engines, onEngine }: ServerOptions,
  deviceOf: (name: string) => DeviceOptions,
  metrics: Metrics,
  fault: (error: unknown) => void,
): OpenModel {
  const options = (name: string) => ({
    ...deviceOf(name),
    onNote: (note: string) => fault(new Error(`The model "${name}": ${note}`)),
  });
  if (engines === undefined) return (name, signal) => openCodec(name, { ...options(name), signal });
  const onLost = (reason: string): void => {
    metrics.engineLost();
    fault(new Error(`An engine process has ended (${reason}); its streams go on in another, and it is started anew`));
  };
  return (name, signal) =>
    openCodecPool(name, {
      ...options(name),
      ...(engines !== "auto" && { engines }),
      signal,
      onLost,
      onReady: () => metrics.engineReady(),
      onRestored: () => metrics.streamRestored(),
      onStarted: onEngine,
    });
}

/** Status of a request whose body stood still. */
const SLOW = 408;
/** How often it is looked for requests whose header does not come, ms. */
const CHECK_MS = 2000;

function bareApp({ limits, clock, metrics, fault }: RouteContext): FastifyInstance {
  const answer = async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { status, body, retrySeconds } = answerTo(error);
    if (status >= 500 && retrySeconds === undefined) fault(error);
    metrics.rejected(body.error.code);
    if (retrySeconds !== undefined) reply.header("retry-after", retrySeconds);
    if (status === 401) reply.header("www-authenticate", "Bearer"); // RFC 9110 section 11.6.1
    if (!reply.raw.shouldKeepAlive) await drained(request.raw, clock, status === SLOW ? SLOW_LINGER_MS : LINGER_MS);
    return reply.code(status).send(body);
  };
  const app = fastify({
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    clientErrorHandler: refuseConnection,
    http: {
      requireHostHeader: false, // we say ourselves what is wrong
      headersTimeout: limits.headerSeconds * 1000,
      connectionsCheckingInterval: CHECK_MS,
    },
    requestTimeout: (limits.requestSeconds + 5) * 1000, // the last resort, after the answer that says why
    ajv: { customOptions: { removeAdditional: false } }, // a misspelt option is an error
    schemaErrorFormatter: ([problem]) => queryError(problem!), // there is no error without a problem
  });
  app.addHook("onResponse", async (request, reply) => {
    void drained(request.raw, clock, reply.statusCode === SLOW ? SLOW_LINGER_MS : LINGER_MS).then(() => {
      if (!request.raw.complete) request.raw.destroy(); // who goes on sending after the answer would hold the connection
    });
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

/** Seconds for which a browser remembers that a site may send requests. */
const PREFLIGHT_SECONDS = 600;

function gateOf({ hostNames = LOOPBACK_NAMES, keysFile, origins }: ServerOptions, clock: Clock, fault: (error: unknown) => void): Gate {
  return new Gate({ hostNames, keysFile, origins: origins?.map((origin) => origin.toLowerCase()), clock, fault });
}

/** How often connections are looked through while the server closes. */
const SWEEP_MS = 50;
/**
 * How long answers to cancelled requests may take to leave, milliseconds: a client that still sends
 * its body would hold its connection.
 */
const LEAVE_MS = 500;

/**
 * Requests in progress get some seconds to end; then they are cancelled, and the models are freed.
 */
function closeGently(
  app: FastifyInstance,
  closing: AbortController,
  { limits, models }: RouteContext,
  sockets: readonly (StreamSockets | RoomSockets)[],
): void {
  let deadline: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  let sweep: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    const cut = (): void => {
      for (const one of sockets) one.terminate();
      app.server.closeAllConnections();
    };
    deadline = setTimeout(() => {
      closing.abort();
      for (const one of sockets) one.drain();
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
