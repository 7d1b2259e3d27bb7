import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FastifyInstance } from "fastify";
import type { Slots } from "../jobs/slots.ts";
import type { StreamKind } from "@twelvehz/client";

/** What a piece of a stream took. */
export interface PieceTimes {
  readonly kind: StreamKind;
  /** From the client's message to the work, seconds. */
  readonly queueSeconds: number;
  /** The work, seconds. */
  readonly computeSeconds: number;
  /** Sound that the piece stands for, seconds. */
  readonly soundSeconds: number;
  readonly frames: number;
}

/** Upper bounds of the time of a frame, seconds; a frame is 0.08 s of sound. */
const FRAME_BUCKETS = [0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.16, 0.32, 1];
/** Those that OpenTelemetry advises for `http.server.request.duration`. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * What the server says of itself at `/metrics`. No ids and addresses are labels; of keys the names
 * that stand in the file of keys.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"http_request_method" | "http_route" | "http_response_status_code">;
  readonly #streams: Gauge<"kind">;
  readonly #frames: Histogram<"stage" | "kind">;
  readonly #misses: Counter<"kind">;
  readonly #sound: Counter<"kind">;
  readonly #rejected: Counter<"reason">;
  readonly #restarts: Counter;
  readonly #restored: Counter;
  #engines = 0;

  /** @param version of the package, for `twelvehz_build_info` */
  constructor(slots: Slots, version: string) {
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: "http_server_request_duration_seconds",
      help: "Time from a request to the end of its answer",
      labelNames: ["http_request_method", "http_route", "http_response_status_code"],
      buckets: REQUEST_BUCKETS,
      registers,
    });
    this.#streams = new Gauge({ name: "twelvehz_streams_open", help: "Streams over WebSocket", labelNames: ["kind"], registers });
    for (const kind of ["encode", "decode"]) this.#streams.set({ kind }, 0);
    const help = "Time of one frame of a stream: waiting for its turn, and in the networks";
    this.#frames = new Histogram({
      name: "twelvehz_frame_seconds",
      help,
      labelNames: ["stage", "kind"],
      buckets: FRAME_BUCKETS,
      registers,
    });
    this.#misses = this.#counter("twelvehz_deadline_misses_total", "Pieces of streams whose work took longer than they sound", ["kind"]);
    this.#sound = this.#counter("twelvehz_audio_seconds_total", "Sound that went through streams", ["kind"]);
    this.#rejected = this.#counter("twelvehz_rejected_total", "Requests and streams that were refused or ended by the server", ["reason"]);
    this.#restarts = this.#counter("twelvehz_engine_restarts_total", "Engine processes that ended and were started anew", []);
    this.#restored = this.#counter("twelvehz_streams_restored_total", "Streams that went on in another engine process", []);
    this.#gauge("twelvehz_slots", "Streams and requests that may be in work at once", () => slots.total);
    this.#gauge("twelvehz_slots_taken", "Streams and requests that are in work", () => slots.taken);
    this.#gauge("twelvehz_engines", "Engine processes that are ready", () => this.#engines);
    this.#ownerGauge(slots);
    this.#gauge("process_resident_memory_bytes", "Memory of the front process", () => process.memoryUsage.rss());
    new Gauge({ name: "twelvehz_build_info", help: "Version", labelNames: ["version"], registers }).set({ version }, 1);
  }

  /** A stream began (1) or ended (-1). */
  stream(kind: StreamKind, change: 1 | -1): void {
    this.#streams.inc({ kind }, change);
  }

  /** A piece of a stream is done. */
  piece({ kind, queueSeconds, computeSeconds, soundSeconds, frames }: PieceTimes): void {
    this.#frames.observe({ stage: "queue", kind }, queueSeconds);
    this.#frames.observe({ stage: "compute", kind }, computeSeconds / Math.max(1, frames));
    this.#sound.inc({ kind }, soundSeconds);
    if (frames >= 1 && computeSeconds > soundSeconds) this.#misses.inc({ kind });
  }

  /** Something was refused, with the code of its error. */
  rejected(reason: string): void {
    this.#rejected.inc({ reason });
  }

  /** An engine process is ready. */
  engineReady(): void {
    this.#engines++;
  }

  /** An engine process ended, and another will be started. */
  engineLost(): void {
    this.#engines--;
    this.#restarts.inc();
  }

  /** A stream went on in another engine process. */
  streamRestored(): void {
    this.#restored.inc();
  }

  /** Times the requests of an app, and answers `GET /metrics`. */
  attach(app: FastifyInstance): void {
    app.addHook("onResponse", async (request, reply) => {
      const labels = {
        http_request_method: request.method,
        http_route: request.routeOptions.url ?? "none",
        http_response_status_code: String(reply.statusCode),
      };
      this.#requests.observe(labels, reply.elapsedTime / 1000);
    });
    const schema = { summary: "Figures for Prometheus", tags: ["operation"], produces: [this.#registry.contentType] };
    void app.register(async (routes) => {
      routes.get("/metrics", { schema }, async (_request, reply) =>
        reply.type(this.#registry.contentType).send(await this.#registry.metrics()),
      );
    });
  }

  #ownerGauge({ owners }: Slots): void {
    new Gauge({
      name: "twelvehz_key_slots_taken",
      help: "Streams and requests that are in work, by the name of the key",
      labelNames: ["name"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [name, count] of owners.entries()) this.set({ name }, count);
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const registers = [this.#registry];
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  }
}
