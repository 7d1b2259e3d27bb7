// Spans of twelvehz serve --traces, over OTLP: to http://localhost:4318, or OTEL_EXPORTER_OTLP_ENDPOINT. Beside twelvehz:
//   npm install @opentelemetry/api @opentelemetry/core @opentelemetry/sdk-trace-base @opentelemetry/resources @opentelemetry/exporter-trace-otlp-http
//   NODE_OPTIONS="--require ./otel.cjs" twelvehz serve --traces
const { propagation, trace } = require("@opentelemetry/api");
const { W3CTraceContextPropagator } = require("@opentelemetry/core");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { BasicTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const resource = resourceFromAttributes({ "service.name": process.env.OTEL_SERVICE_NAME ?? "twelvehz" });
const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
trace.setGlobalTracerProvider(provider);
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
process.once("beforeExit", () => void provider.shutdown()); // sends what is left
