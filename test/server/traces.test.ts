/** Spans for OpenTelemetry, in the memory of the test. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { finished, start } from "@twelvehz/test-support/command.ts";
import * as api from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { root } from "../root.ts";
import { type Serving, printedUrl, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c"; // that of https://www.w3.org/TR/trace-context/
const PARENT = "b7ad6b7169203331";
const traceparent = `00-${TRACE}-${PARENT}-01`;

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
/** Reads and writes `traceparent`, as the SDK's own does. */
const propagator: api.TextMapPropagator = {
  inject: () => undefined,
  fields: () => ["traceparent"],
  extract(context, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, "traceparent") ?? "").split("-");
    if (!traceId || !spanId) return context;
    return api.trace.setSpanContext(context, { traceId, spanId, traceFlags: api.TraceFlags.SAMPLED, isRemote: true });
  },
};

let server: Serving;
beforeAll(async () => {
  api.trace.setGlobalTracerProvider(provider);
  api.propagation.setGlobalPropagator(propagator);
  server = await serve({ openTelemetry: api });
  await server.models.ready;
});
afterAll(async () => {
  await server.app.close();
  await provider.shutdown();
  api.trace.disable();
  api.propagation.disable();
});
beforeEach(() => exporter.reset());

/** The span of this name, once it has ended. */
async function span(name: string): Promise<ReadableSpan> {
  for (;;) {
    const found = exporter.getFinishedSpans().find((one) => one.name === name);
    if (found) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a request has a span below its caller's, which tells nothing that was sent", async () => {
  await (await fetch(`${server.url}/v1/decode?codes=SECRETCODES`, { headers: { traceparent } })).text();
  const found = await span("GET /v1/decode");
  expect([found.spanContext().traceId, found.parentSpanContext?.spanId, found.kind]).toEqual([TRACE, PARENT, api.SpanKind.SERVER]);
  expect(found.attributes).toEqual({
    "http.request.method": "GET",
    "http.route": "/v1/decode",
    "http.response.status_code": expect.any(Number) as number,
  });
  expect(JSON.stringify([found.attributes, found.name, found.events])).not.toContain("SECRET");
});

test("a stream has one that ends with it, and says how long it sounded and why it was ended", async () => {
  const good = new StreamClient(server, "decode", { traceparent });
  await good.opened();
  good.send({ type: "start" });
  await good.next("ready");
  good.send(new Uint8Array(32 * 5));
  good.send({ type: "finish" });
  await good.closed();
  const found = await span("stream decode");
  expect([found.spanContext().traceId, found.attributes["twelvehz.stream.kind"], found.status.code]).toEqual([
    TRACE,
    "decode",
    api.SpanStatusCode.UNSET,
  ]);
  expect(found.attributes["twelvehz.audio_seconds"]).toBeCloseTo(0.4, 6);
  expect(found.events.map(({ name }) => name)).toEqual(["twelvehz.first_piece"]);
  const { client } = await StreamClient.start(server, "encode");
  client.send(new Uint8Array(3)); // no whole sample
  await client.closed();
  const refused = await span("stream encode");
  expect([refused.attributes["error.type"], refused.status.code]).toEqual(["usage", api.SpanStatusCode.ERROR]);
});

test("deploy/otel.cjs sends the spans of the command to a collector", async () => {
  const bodies: string[] = [];
  const collector = createServer((request, answer) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      bodies.push(`${request.url} ${body}`);
      answer.end("{}");
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo;
  const env = { NODE_OPTIONS: `--require ${join(root, "deploy/otel.cjs")}`, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const child = start(["serve", "--engines", "1", "--port", "0", "--traces"], { env });
  const end = finished(child);
  await (await fetch(`${await printedUrl(child)}/healthz`, { headers: { traceparent } })).text();
  child.kill("SIGTERM");
  expect((await end).status).toBe(0);
  collector.close();
  const sent = bodies.join();
  expect(sent).toMatch(/^\/v1\/traces /);
  for (const words of [TRACE, PARENT, "GET /healthz", '"twelvehz"']) expect(sent).toContain(words);
});

test("without the package there are none", async () => {
  const plain = await serve();
  await (await fetch(`${plain.url}/healthz`)).text();
  await plain.app.close();
  expect(exporter.getFinishedSpans()).toEqual([]);
});
