import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { RunProgress } from "./progress.ts";

/** Metrics of a run for Prometheus, at `/metrics`. */
export interface RunMetrics {
  /** Port that is listened at. */
  readonly port: number;
  update(progress: RunProgress): void;
  close(): Promise<void>;
}

/**
 * Serves metrics of a run.
 * @param port 0 = any that is free
 * @throws CodecError `io` when the port cannot be used
 */
export async function serveRunMetrics(port: number, host: string = "127.0.0.1"): Promise<RunMetrics> {
  const { Gauge, Registry } = await import("prom-client");
  const registers = [new Registry()];
  const gauge = <T extends string = never>(name: string, help: string, labelNames: readonly T[] = []): InstanceType<typeof Gauge<T>> =>
    new Gauge({ name: `twelvehz_corpus_${name}`, help, labelNames: [...labelNames], registers });
  const units = gauge("units", "Units of the plan", ["state"]);
  const clips = gauge("clips", "Clips of the plan", ["state"]);
  const rejects = gauge("rejects", "Clips that were rejected", ["code"]);
  const sound = gauge("sound_seconds", "Sound that is encoded");
  const rate = gauge("sound_seconds_per_second", "Sound encoded in a second");
  const left = gauge("left_seconds", "Time that is left at this rate");
  const deaths = gauge("process_deaths", "Processes that have ended");
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end("see /metrics\n");
    void registers[0]!.metrics().then((text) => response.writeHead(200, { "content-type": registers[0]!.contentType }).end(text));
  });
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    update(view) {
      units.set({ state: "all" }, view.units);
      units.set({ state: "done" }, view.unitsDone);
      clips.set({ state: "all" }, view.clips);
      clips.set({ state: "done" }, view.clipsDone);
      for (const [code, count] of Object.entries(view.rejects)) rejects.set({ code }, count);
      sound.set(view.soundSeconds);
      rate.set(view.rate);
      if (view.leftSeconds !== undefined) left.set(view.leftSeconds);
      deaths.set(view.deaths);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new CodecError("io", `Cannot listen at port ${port}: ${messageOf(error)}; choose another with --metrics-port`, { cause: error }),
      ),
    );
    server.listen(port, host, resolve);
  });
}
