import { CodecError, throwIfAborted } from "@twelvehz/codec/node";
import { doneUnits } from "../plan/finish.ts";
import type { Plan } from "../plan/plan.ts";
import type { Store } from "../store/store.ts";
import { readSummary } from "../unit/unit-result.ts";
import { ProgressCounter, type RunProgress } from "./progress.ts";
import { UnitPool } from "./unit-pool.ts";

/** Options of every engine. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Stop when more clips than this are rejected: a number, or a share over 0 and under 1 of all clips. */
  readonly maxRejects?: number | undefined;
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
}

/** Options of {@link runLocally}. */
export interface LocalRunOptions extends RunOptions {
  /** Processes. */
  readonly workers: number;
  readonly threads?: number | undefined;
  /** Units to do, where it is not all of the plan. */
  readonly units?: readonly number[] | undefined;
  /** Time after which a clip hangs, ms. Default 20 minutes. */
  readonly hangMs?: number | undefined;
  /** Told of processes that are started and that have died. */
  readonly onProcess?: ((event: "started" | "died", pid: number) => void) | undefined;
}

/**
 * Counts rejects against the limit.
 * @throws CodecError `bad-audio`
 */
export function assertFewRejects({ rejected, clips, rejects }: RunProgress, maxRejects: number | undefined): void {
  if (maxRejects === undefined) return;
  const most = maxRejects < 1 ? maxRejects * clips : maxRejects;
  if (rejected <= most) return;
  const codes = Object.entries(rejects).map(([code, count]) => `${count} ${code}`);
  throw new CodecError(
    "bad-audio",
    `Cannot go on: ${rejected} of ${clips} clips are rejected (${codes.join(", ")}), and --max-rejects allows ${Math.floor(most)}; see what is wrong, or raise it`,
  );
}

/** Does the units of a plan that are not done, in processes on this machine. */
export async function runLocally(store: Store, plan: Plan, options: LocalRunOptions): Promise<RunProgress> {
  const counter = new ProgressCounter(plan);
  const report = (): void => options.onProgress?.(counter.view);
  const done = await doneUnits(store);
  for (const unit of done) if (plan.units[unit]) counter.addUnit(await readSummary(store, unit), false);
  assertFewRejects(counter.view, options.maxRejects);
  const waiting = (options.units ?? [...plan.units.keys()]).filter((unit) => !done.has(unit)).values();
  const pool = new UnitPool({
    store,
    workers: options.workers,
    threads: options.threads,
    hangMs: options.hangMs,
    onAgain: (unit) => counter.forget(unit),
    onClip(unit, seconds, reject) {
      counter.addClip(unit, seconds, reject);
      report();
    },
    onProcess(event, pid) {
      if (event === "died") counter.addDeath();
      options.onProcess?.(event, pid);
    },
  });
  const stop = (): void => void pool.close();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const lane = async (): Promise<void> => {
      for (const unit of waiting) {
        throwIfAborted(options.signal);
        const summary = await pool.run(unit);
        counter.forget(unit);
        counter.addUnit(summary, true);
        assertFewRejects(counter.view, options.maxRejects);
        report();
      }
    };
    await Promise.all(Array.from({ length: options.workers }, lane));
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await pool.close();
  }
  return counter.view;
}
