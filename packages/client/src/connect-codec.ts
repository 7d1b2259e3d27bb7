import { Codec, CodecError, type ModelInfo } from "@twelvehz/codec";
import { assertKind, assertNumber, assertOptions, SYSTEM_CLOCK, type Timers } from "@twelvehz/codec/internal";
import { errorFrom } from "./service-error.ts";
import { ServiceEngine } from "./service-engine.ts";
import type { WebSocketClass } from "./web-socket.ts";
import type { ErrorMessage } from "./wire.ts";

/** Options of {@link connectCodec}. */
export interface ConnectOptions {
  /** A key, or in a page a token (`POST /v1/tokens`). */
  readonly key?: string | undefined;
  /** A model of the server. Default: its default model. */
  readonly model?: string | undefined;
  /** Default: the platform's. Node before version 22 has none: give that of the package `ws`. */
  readonly webSocket?: WebSocketClass | undefined;
  /** Seconds for which a lost connection is tried again. Default 60. */
  readonly reconnectSeconds?: number | undefined;
  /** Time, for tests. Default: the platform's. */
  readonly clock?: Timers | undefined;
}

/**
 * The codec of a server, with the methods of one at hand. Each stream is a connection; one that is
 * lost is opened again and goes on, to the same bits.
 * @param url of the server, such as `https://codec.example.org`
 * @throws CodecError `not-found` for a model that the server has not opened, `io` where there is no
 * server; ServiceError `unauthorized` and others of the server; TypeError, RangeError for a bad
 * argument
 */
export async function connectCodec(url: string, options: ConnectOptions = {}): Promise<Codec> {
  assertKind(url, "url", "string");
  assertOptions(options, { key: "string", model: "string", webSocket: "function", clock: "object" });
  if (options.reconnectSeconds !== undefined) assertNumber(options.reconnectSeconds, "reconnectSeconds", 0, 86_400, false);
  const webSocket = options.webSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!webSocket)
    throw new CodecError("usage", "Cannot connect: this platform has no WebSocket; give that of the package ws as options.webSocket");
  const base = url.replace(/\/+$/, "");
  const info = await modelInfo(base, options);
  const { key, model, reconnectSeconds = 60, clock = SYSTEM_CLOCK } = options;
  return new Codec(new ServiceEngine(info, base.replace(/^http/, "ws"), model, { key, webSocket, reconnectSeconds, clock }));
}

async function modelInfo(base: string, { key, model }: ConnectOptions): Promise<ModelInfo> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(`${base}/v1/models`, { headers }).catch((error: unknown) => {
    throw new CodecError("io", `Cannot reach the server ${base}: see that it runs`, { cause: error });
  });
  const body = (await answer.json()) as { models?: { name: string; default: boolean; info?: ModelInfo }[]; error?: ErrorMessage };
  if (body.error) throw errorFrom({ ...body.error, retryable: answer.headers.has("retry-after") });
  const found = body.models?.find((one) => (model === undefined ? one.default : one.name === model));
  if (!found?.info)
    throw new CodecError(
      "not-found",
      `Cannot use the model "${model ?? "default"}": ${base} has not opened it; wait until /readyz says 200`,
    );
  return found.info;
}
