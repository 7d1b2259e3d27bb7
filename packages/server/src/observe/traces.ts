import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Span } from "@opentelemetry/api";
import type { StreamKind } from "@twelvehz/client";
import type { PieceTimes } from "./metrics.ts";

/** What is needed of the package `@opentelemetry/api`; where the spans go, its user has set up. */
export type TraceApi = Pick<typeof import("@opentelemetry/api"), "context" | "propagation" | "trace" | "SpanKind" | "SpanStatusCode">;

/** The span of a stream. */
export interface StreamTrace {
  /** A piece is done. */
  piece(times: PieceTimes): void;
  /** The server ended the stream, with the code of this error. */
  rejected(reason: string): void;
  /** The stream needs its slot no longer. Harmless when repeated. */
  end(): void;
}

const NO_TRACE: StreamTrace = { piece: () => undefined, rejected: () => undefined, end: () => undefined };

/**
 * A span for every request and every stream, as children of the caller's (header `traceparent`).
 * Names and attributes are those of OpenTelemetry's semantic conventions for HTTP; bodies,
 * addresses and keys are none of them.
 */
export class Traces {
  readonly #api: TraceApi | undefined;
  readonly #version: string;
  readonly #requests = new WeakMap<FastifyRequest, Span>();

  /** @param api undefined: there are no spans */
  constructor(api: TraceApi | undefined, version: string) {
    this.#api = api;
    this.#version = version;
  }

  /** Follows the requests of an app. */
  attach(app: FastifyInstance): void {
    if (!this.#api) return;
    const { SpanStatusCode } = this.#api;
    app.addHook("onRequest", async (request) => {
      const route = request.routeOptions.url;
      const name = route === undefined ? request.method : `${request.method} ${route}`;
      const attributes = { "http.request.method": request.method, ...(route !== undefined && { "http.route": route }) };
      const span = this.#begin(name, request.headers, attributes);
      if (span) this.#requests.set(request, span);
    });
    app.addHook("onResponse", async (request, { statusCode }) => {
      const span = this.#requests.get(request);
      span?.setAttribute("http.response.status_code", statusCode);
      if (statusCode >= 500) span?.setAttribute("error.type", String(statusCode)).setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    });
    app.addHook("onRequestAbort", async (request) => this.#requests.get(request)?.setAttribute("error.type", "aborted").end());
  }

  /** A stream begins. */
  stream(kind: StreamKind, headers: IncomingHttpHeaders, model: string): StreamTrace {
    const span = this.#begin(`stream ${kind}`, headers, { "twelvehz.stream.kind": kind, "twelvehz.model": model });
    if (!span || !this.#api) return NO_TRACE;
    const { SpanStatusCode } = this.#api;
    let [seconds, ended] = [0, false];
    return {
      piece({ soundSeconds }) {
        if (seconds === 0) span.addEvent("twelvehz.first_piece");
        seconds += soundSeconds;
      },
      rejected: (reason) => void span.setAttribute("error.type", reason).setStatus({ code: SpanStatusCode.ERROR }),
      end() {
        if (!ended) span.setAttribute("twelvehz.audio_seconds", seconds).end();
        ended = true;
      },
    };
  }

  #begin(name: string, headers: IncomingHttpHeaders, attributes: Record<string, string>): Span | undefined {
    if (!this.#api) return undefined;
    const { context, propagation, trace, SpanKind } = this.#api;
    const parent = propagation.extract(context.active(), headers);
    return trace.getTracer("twelvehz", this.#version).startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  }
}
