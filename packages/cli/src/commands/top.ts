import type { Command } from "@commander-js/extra-typings";
import { examples, wholeNumber } from "../options.ts";
import { formatBytes, printReport, type Report } from "../report.ts";
import { figuresOf, type FrameTimes, type Scrape, scrape, type ServerFigures } from "../server-figures.ts";

/** Options of `twelvehz top`. */
interface TopCommandOptions {
  readonly key?: string | undefined;
  readonly interval: number;
  readonly once?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const CLEAR = "\x1b[H\x1b[J";

/** Adds `twelvehz top`. */
export function addTop(program: Command, cancelled: AbortSignal): void {
  program
    .command("top")
    .summary("what a running server does")
    .description("Shows the streams, slots, engines, times of frames and refusals of a server, again and again until Ctrl-C.")
    .argument("[url]", "address of the server; http:// where it has no scheme", "http://127.0.0.1:7860")
    .option("--key <key>", "a key of the server; better in the variable TWELVEHZ_KEY, which other users do not see")
    .option("--interval <seconds>", "seconds between two looks", wholeNumber(1, 3600), 2)
    .option("--once", "look once: times of frames are then those since the server was started")
    .option("--json", "print one line of JSON for each look")
    .addHelpText("after", examples("twelvehz top\ntwelvehz top https://codec.example.org\ntwelvehz top --once --json"))
    .action((url, options) => topCommand(urlOf(url), options, cancelled));
}

/** The address, without a slash at the end; `http://` where it is a bare host. */
function urlOf(text: string): string {
  const url = /^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return url.replace(/\/+$/, "");
}

/** `twelvehz top`: a running server, again and again. */
async function topCommand(url: string, options: TopCommandOptions, cancelled: AbortSignal): Promise<void> {
  const key = options.key ?? process.env["TWELVEHZ_KEY"];
  let before: Scrape | undefined;
  while (!cancelled.aborted) {
    const now = await scrape(url, key, cancelled);
    print(url, figuresOf(now, before), options);
    if (options.once) return;
    before = now;
    await waited(options.interval * 1000, cancelled);
  }
}

/** A table where it can be drawn over; lines where the output is kept. */
function print(url: string, figures: ServerFigures, { json, once }: TopCommandOptions): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ url, ...figures })}\n`);
  if (!once && !process.stdout.isTTY) return void process.stdout.write(lineOf(figures));
  if (!once) process.stdout.write(CLEAR);
  printReport(tableOf(url, figures), {});
}

function lineOf({ streams, slots, engines, frames, refused, engineRestarts, deadlineMisses }: ServerFigures): string {
  const parts = [
    `streams ${streams.encode + streams.decode}`,
    `slots ${slots.taken}/${slots.total}`,
    `engines ${engines}`,
    `encode ${milliseconds(frames.encode.compute)}`,
    `decode ${milliseconds(frames.decode.compute)}`,
    `late ${deadlineMisses}`,
    `refused ${sumOf(refused)}`,
    `restarts ${engineRestarts}`,
  ];
  return `${parts.join("  ")}\n`;
}

function tableOf(url: string, figures: ServerFigures): Report {
  const { streams, slots, frames, soundPerSecond, refused, keys } = figures;
  const rows: [string, string][] = [
    ["streams", `${streams.encode} encode, ${streams.decode} decode`],
    ["slots", `${slots.taken} of ${slots.total} taken`],
    ["engines", String(figures.engines)],
    ["a frame, p50 / p99", `encode ${milliseconds(frames.encode.compute)}, decode ${milliseconds(frames.decode.compute)}`],
    ["waiting before", `encode ${milliseconds(frames.encode.queue)}, decode ${milliseconds(frames.decode.queue)}`],
    ...(soundPerSecond === undefined ? [] : [["sound", `${soundPerSecond.toFixed(1)} s in a second`] as [string, string]]),
    ["late pieces", String(figures.deadlineMisses)],
    ["refused", countsOf(refused)],
    ["engines restarted", `${figures.engineRestarts}, streams restored ${figures.streamsRestored}`],
    ["memory of the front", formatBytes(figures.memoryBytes)],
    ...(Object.keys(keys).length === 0 ? [] : [["slots of keys", countsOf(keys)] as [string, string]]),
  ];
  return { title: `${url}  twelvehz ${figures.version}`, rows, json: {} };
}

function milliseconds({ p50Ms, p99Ms }: FrameTimes): string {
  return p50Ms === undefined || p99Ms === undefined ? "–" : `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function waited(ms: number, cancelled: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      cancelled.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    cancelled.addEventListener("abort", end, { once: true });
  });
}
