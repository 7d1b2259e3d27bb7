/** A server as its users run it: the command, in processes of its own. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/prepare.mjs";

const MAIN = join(root, "packages/cli/dist/main.js");
/** The settings of whoever measures are not what is measured. */
const ENVIRONMENT = { ...process.env, TWELVEHZ_MODEL: "", TWELVEHZ_CONFIG: "/nonexistent/settings.json" };

/** Servers that run: none outlives the measurement, whatever ends it. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Whether processes can be bound to processors: on Linux, where there are two at least. */
export const CAN_PIN = process.platform === "linux" && cpus().length > 1;

/** A command bound to processors: what measures is bound to one, and its children would be. */
export function onProcessors(which, command) {
  return CAN_PIN ? ["taskset", "-c", which === "all" ? `0-${cpus().length - 1}` : which, ...command] : command;
}

/** Waits so many milliseconds. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Starts `twelvehz serve` and waits until its model is loaded.
 * @param options `engines`; `args`, more of the command line; `model`; `port`, default any;
 * `oneCore`, whether front and engines share one processor
 */
export async function startServer({ engines = 1, args = [], model = "compact", port = 0, oneCore = false } = {}) {
  const command = [process.execPath, MAIN, "serve", "--port", String(port), "--engines", String(engines), "--model", model, ...args];
  const [program, ...rest] = onProcessors(oneCore ? "0" : "all", command);
  const child = spawn(program, rest, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  running.add(child);
  void ended.then(() => running.delete(child));
  const url = await printedUrl(child);
  const listeningMs = performance.now();
  while ((await fetch(`${url}/readyz`)).status !== 200) await pause(50);
  return new RunningServer(child, url, ended, listeningMs);
}

async function printedUrl(child) {
  let text = "";
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    const found = /^twelvehz: (http:\/\/\S+)\n/.exec(text);
    if (found) return found[1];
  }
  throw new Error(`The server ended without an address: ${text}`);
}

class RunningServer {
  #child;
  #ended;

  constructor(child, url, ended, listeningMs) {
    this.#child = child;
    this.#ended = ended;
    this.url = url;
    /** When it printed its address. */
    this.listeningMs = listeningMs;
  }

  get pid() {
    return this.#child.pid;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** Ids of the engine processes. */
  get enginePids() {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim().split(" ").map(Number);
  }

  /** Open descriptors of the front. */
  get descriptors() {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Memory of the front, MB. */
  get frontMegabytes() {
    return residentMegabytes(this.pid);
  }

  /** Memory of the front and its engines, MB. */
  get megabytes() {
    return [this.pid, ...this.enginePids].reduce((sum, pid) => sum + residentMegabytes(pid), 0);
  }

  /** Processor time of the front and its engines so far, seconds. */
  get processorSeconds() {
    return [this.pid, ...this.enginePids].reduce((sum, pid) => sum + processorSeconds(pid), 0);
  }

  /** Figures of `/metrics` by name with labels. */
  async metrics() {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  }

  /** Ends the front at once, without a word. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async stop() {
    this.#child.kill("SIGINT");
    await this.#ended;
  }
}

/** Ticks a second of utime and stime: proc(5), `getconf CLK_TCK`. */
const TICKS = 100;

function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function residentMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}
