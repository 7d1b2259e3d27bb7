import { Codec, CodecError, type ModelInfo } from "@twelvehz/codec";
import { assertKind, assertNumber, assertOptions, SYSTEM_CLOCK, type Timers } from "@twelvehz/codec/internal";
import { type KeySource, keyFrom } from "./connection.ts";
import { errorFrom, ServiceError } from "./service-error.ts";
import { ServiceEngine } from "./service-engine.ts";
import { ServiceStream, type StreamOptions } from "./service-stream.ts";
import type { WebSocketClass } from "./web-socket.ts";
import type { ErrorMessage } from "./wire.ts";

/** Options of {@link connectCodec}. */
export interface ConnectOptions {
  /**
   * A key, or in a page a token (`POST /v1/tokens`), or a function that gives one: it is asked for
   * every connection, as tokens run out.
   */
  readonly key?: KeySource | undefined;
  /** A model of the server. Default: its default model. */
  readonly model?: string | undefined;
  /** Default: the platform's. Node before version 22 has none: give that of the package `ws`. */
  readonly webSocket?: WebSocketClass | undefined;
  /** Seconds for which a lost connection is tried again. Default 60. */
  readonly reconnectSeconds?: number | undefined;
  /**
   * Seconds of a clip that are kept, to begin anew where the server has lost the stream; a longer
   * clip then fails with `no-session`. Default: all of it, since the last `flush`.
   */
  readonly keepSeconds?: number | undefined;
  /** Time, for tests. Default: the platform's. */
  readonly clock?: Timers | undefined;
}

/**
 * The codec of a server, with the methods of one at hand. Each stream is a connection; one that is
 * lost is opened again and goes on, to the same bits.
 * @param url of the server, such as `https://codec.example.org`
 * @throws CodecError `not-found` for a model that the server does not have, `io` where there is no
 * server; ServiceError `unauthorized` and others of the server; TypeError, RangeError for a bad
 * argument
 */
export async function connectCodec(url: string, options: ConnectOptions = {}): Promise<Codec> {
  assertKind(url, "url", "string");
  assertOptions(options, { model: "string", webSocket: "function", clock: "object" });
  if (typeof options.key !== "function") assertOptions(options, { key: "string" });
  const { key, model, reconnectSeconds = 60, keepSeconds = Infinity, clock = SYSTEM_CLOCK } = options;
  assertNumber(reconnectSeconds, "reconnectSeconds", 0, 86_400, false);
  if (keepSeconds !== Infinity) assertNumber(keepSeconds, "keepSeconds", 0, 86_400, false);
  const webSocket = options.webSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!webSocket)
    throw new CodecError("usage", "Cannot connect: this platform has no WebSocket; give that of the package ws as options.webSocket");
  const base = url.replace(/\/+$/, "");
  const streams = { key, webSocket, reconnectSeconds, keepSeconds, clock };
  const info = (await modelInfo(base, key, model)) ?? (await openedModel(base, model, streams));
  return new Codec(new ServiceEngine(info, base.replace(/^http/, "ws"), model, streams));
}

/** A model that is installed and not open yet is opened by its first stream. */
async function openedModel(base: string, model: string | undefined, streams: Omit<StreamOptions, "url">): Promise<ModelInfo> {
  const start = { type: "start", ...(model !== undefined && { model }) } as const;
  const stream = await ServiceStream.open({ ...streams, url: `${base.replace(/^http/, "ws")}/v1/stream/decode` }, start);
  stream.close();
  const info = await modelInfo(base, streams.key, model);
  if (info) return info;
  throw new CodecError("not-found", `Cannot use the model "${model ?? "default"}": ${base} has it no longer; connect again`);
}

/** Facts of a model; undefined where it is installed, but not open. */
async function modelInfo(base: string, source: KeySource | undefined, model: string | undefined): Promise<ModelInfo | undefined> {
  const key = await keyFrom(source).catch((error: unknown) => {
    throw error instanceof ServiceError ? errorFrom(error) : error;
  });
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(`${base}/v1/models`, { headers }).catch((error: unknown) => {
    throw new CodecError("io", `Cannot reach the server ${base}: see that it runs`, { cause: error });
  });
  const body = (await answer.json().catch(() => ({}))) as { models?: Listed[]; error?: ErrorMessage };
  if (body.error) throw errorFrom({ ...body.error, retryable: answer.headers.has("retry-after") });
  if (!body.models)
    throw new CodecError(
      "io",
      `Cannot use ${base}: it answered with status ${answer.status} and no list of models; is it a twelvehz server?`,
    );
  const found = body.models.find((one) => (model === undefined ? one.default : one.name === model));
  if (found) return found.info;
  const names = body.models.map(({ name }) => name).join(" or ");
  throw new CodecError("not-found", `Cannot use the model "${model}": ${base} does not have it; choose ${names}`);
}

/** A model of `GET /v1/models`. */
interface Listed {
  readonly name: string;
  readonly default: boolean;
  readonly info?: ModelInfo;
}
