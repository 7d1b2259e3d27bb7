import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { CodecError, type CodecErrorCode } from "@twelvehz/codec/node";
import type { RejectCode } from "../rows/reject.ts";
import type { Store } from "../store/store.ts";
import { type Death, Flight } from "../unit/flight.ts";
import type { UnitSummary } from "../unit/unit-result.ts";
import type { FromProcess, ProcessSetup, ToProcess } from "./messages.ts";

/** Options of {@link UnitPool}. */
export interface UnitPoolOptions {
  readonly store: Store;
  /** Processes, 1 to 256. */
  readonly workers: number;
  /** Threads inside one operation of the networks, in each. */
  readonly threads?: number | undefined;
  /** Told after each clip. */
  readonly onClip?: ((unit: number, seconds: number, reject: RejectCode | undefined) => void) | undefined;
  /** Told when a unit is begun anew: what was told of its clips does not count. */
  readonly onAgain?: ((unit: number) => void) | undefined;
  /** Time after which a clip hangs, ms. Default 20 minutes. */
  readonly hangMs?: number | undefined;
  /** Told of every process that is started, and of every one that has died. */
  readonly onProcess?: ((event: "started" | "died", pid: number) => void) | undefined;
}

const PROCESS = fileURLToPath(new URL("./unit-process.js", import.meta.url));
/** Sound and codes live outside the heap: a heap far above what is alive only makes the process grow. */
const SMALL_HEAP = ["--semi-space-growth-factor=1", "--heap-growing-percent=25"];
/** Processes that die one after the other without a clip between them are no fault of clips. */
const MOST_DEATHS_WITHOUT_CLIP = 5;
/** Tries of a unit whose failures may pass, such as those of a network. */
const MOST_TRIES = 3;
/** A clip that takes so long hangs: its process is ended as in a crash. */
const HANG_MS = 20 * 60 * 1000;
/** Signals that come from outside: an operator's, or the system's when memory is short. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"]);

/** A process at work. */
interface Slot {
  child: ChildProcess | undefined;
  deaths: number;
}

/** What became of a try. */
type Outcome =
  | { readonly summary: UnitSummary }
  | { readonly death: Death; readonly entry: number | undefined }
  | { readonly mayPass: string };

/**
 * Processes that compute units. One that dies is started again and does its unit anew; the clip
 * that it was at is noted, so that it is rejected when it does so again.
 */
export class UnitPool {
  readonly #options: UnitPoolOptions;
  readonly #free: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  readonly #slots: readonly Slot[];
  #closed = false;

  constructor(options: UnitPoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, () => ({ child: undefined, deaths: 0 }));
    this.#free = [...this.#slots];
  }

  /**
   * Computes a unit as soon as a process is free.
   * @throws CodecError of what is not a clip's fault; `aborted` when the pool is closed
   */
  async run(unit: number): Promise<UnitSummary> {
    const slot = this.#free.pop() ?? (await new Promise<Slot>((resolve) => this.#waiting.push(resolve)));
    try {
      for (let tries = 1; ; ) {
        if (this.#closed) throw new CodecError("aborted", "The work was cancelled");
        const outcome = await this.#try(slot, unit);
        if ("summary" in outcome) return outcome.summary;
        this.#options.onAgain?.(unit);
        if ("mayPass" in outcome) {
          if (++tries > MOST_TRIES) throw new CodecError("io", outcome.mayPass);
        } else await this.#bury(slot, unit, outcome);
      }
    } finally {
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#free.push(slot);
    }
  }

  /** Ends all processes; units in work are given up, and nothing of them is left half done. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#slots.map(async ({ child }) => {
        if (!child || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
        if (child.connected) child.disconnect();
        child.kill("SIGKILL"); // results appear whole or not at all
        await gone;
      }),
    );
  }

  async #bury(slot: Slot, unit: number, { death, entry }: { death: Death; entry: number | undefined }): Promise<void> {
    if (this.#closed) return;
    slot.deaths = entry === undefined ? slot.deaths + 1 : 0;
    if (slot.deaths >= MOST_DEATHS_WITHOUT_CLIP)
      throw new CodecError(
        "runtime",
        `Cannot do unit ${unit}: the process has ended ${slot.deaths} times before any clip; see what it has said above`,
      );
    await (await Flight.open(this.#options.store, unit)).died(death, entry);
  }

  /** A process that is there, or a new one. */
  #childOf(slot: Slot): ChildProcess {
    if (slot.child?.connected) return slot.child;
    const setup: ProcessSetup = { address: this.#options.store.address, threads: this.#options.threads };
    const child = fork(PROCESS, [JSON.stringify(setup)], {
      execArgv: SMALL_HEAP,
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    slot.child = child;
    const pid = child.pid ?? 0;
    this.#options.onProcess?.("started", pid);
    child.once("exit", () => this.#options.onProcess?.("died", pid));
    return child;
  }

  #try(slot: Slot, unit: number): Promise<Outcome> {
    const known = slot.child?.connected ? slot.child : undefined;
    const child = this.#childOf(slot);
    return new Promise<Outcome>((resolve, reject) => {
      let entry: number | undefined;
      let failure: CodecError | undefined;
      const watchdog = setTimeout(() => child.kill("SIGABRT"), this.#options.hangMs ?? HANG_MS).unref();
      const settle = (): void => {
        clearTimeout(watchdog);
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.off("error", onError);
      };
      const onError = (error: Error): void => {
        settle();
        reject(new CodecError("runtime", `Cannot start a process for units: ${error.message}`, { cause: error }));
      };
      const onExit = (status: number | null, signal: NodeJS.Signals | null): void => {
        settle();
        if (this.#closed) reject(new CodecError("aborted", "The work was cancelled"));
        else if (failure) reject(failure);
        else resolve({ death: signal !== null && FROM_OUTSIDE.has(signal) ? "killed" : status === 0 ? "killed" : "crash", entry });
      };
      const onMessage = (message: FromProcess): void => {
        watchdog.refresh();
        if (message.type === "ready") child.send({ unit } satisfies ToProcess);
        else if (message.type === "begin") entry = message.entry;
        else if (message.type === "clip") {
          slot.deaths = 0;
          this.#options.onClip?.(unit, message.seconds, message.reject);
        } else if (message.type === "done") {
          settle();
          resolve({ summary: message.summary });
        } else if (message.mayPass) {
          settle();
          resolve({ mayPass: message.message });
        } else failure = this.#failed(child, message.message, message.code, entry);
      };
      child.on("message", onMessage);
      child.once("exit", onExit);
      child.once("error", onError);
      if (known) child.send({ unit } satisfies ToProcess);
    });
  }

  /** A failure that is none of a clip's: where it happened at a clip, the process ends as in a crash. */
  #failed(child: ChildProcess, message: string, code: CodecErrorCode | undefined, entry: number | undefined): CodecError | undefined {
    const isLikeCrash = entry !== undefined && (code === undefined || code === "runtime");
    child.kill(isLikeCrash ? "SIGABRT" : "SIGKILL");
    return isLikeCrash ? undefined : new CodecError(code ?? "runtime", message);
  }
}
