import { availableParallelism } from "node:os";
import { CodecError } from "@twelvehz/codec/node";
import { type CorpusInfo, readCorpusInfo } from "./corpus-info.ts";
import type { RunProgress } from "./engine/progress.ts";
import { workOnQueue } from "./engine/queue.ts";
import { type RunOptions, runLocally } from "./engine/run-plan.ts";
import { PlanWatch } from "./engine/watch-plan.ts";
import { doneUnits, finishPlan } from "./plan/finish.ts";
import { type Plan, readPlan } from "./plan/plan.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";

/** Options of {@link workOn}. */
export interface WorkOptions extends RunOptions {
  /** Processes at once. Default: one for each processor. */
  readonly workers?: number | undefined;
  /** Take units that are handed out there, instead of choosing them. */
  readonly redis?: string | undefined;
  /** Seconds that a worker which does not answer keeps its unit, with Redis. Default 60. */
  readonly lockSeconds?: number | undefined;
  /** Do the units I, I + N, I + 2 N ... alone, for arrays of jobs. N: default the number of units. */
  readonly index?: { readonly index: number; readonly count?: number | undefined } | undefined;
  /** Finish the corpus when all units are done. Default: true, but for `redis` and `index`. */
  readonly finish?: boolean | undefined;
}

/** @throws CodecError `usage` for options of which one would do nothing */
function assertWorkOptions({ redis, index, lockSeconds, finish, maxRejects }: WorkOptions): void {
  if (redis !== undefined && index !== undefined)
    throw new CodecError("usage", "Cannot take units from Redis and by a number: give --redis or --unit-index, not both");
  if (redis === undefined && lockSeconds !== undefined)
    throw new CodecError("usage", "Cannot keep locks without Redis: give --redis, or leave out --lock-seconds");
  if (redis !== undefined && finish === true)
    throw new CodecError(
      "usage",
      "Cannot finish a corpus that Redis hands out: twelvehz tokenize --engine bullmq does that; leave out --finish",
    );
  if (redis !== undefined && maxRejects !== undefined)
    throw new CodecError("usage", "Cannot count the rejects of all workers: give --max-rejects to twelvehz tokenize --engine bullmq");
}

function nothingToDo({ address }: Store, isFinished: boolean): CodecError {
  const hint = isFinished ? "the corpus is finished" : "there is no plan; make one with twelvehz tokenize --plan-only";
  return new CodecError("not-found", `Cannot work on ${JSON.stringify(address)}: ${hint}`);
}

/**
 * Works on a plan that another process has made: all of it, a part, or what Redis hands out.
 * @returns the corpus, where it is finished here; with `redis`, when it is finished; also where a
 * worker of many (`index`, `redis`) finds it finished: one that is begun again has nothing to do
 * @throws CodecError `usage` for options that do not go together; `not-found` where there is no
 * plan; as `tokenize`
 */
export async function workOn(address: string, options: WorkOptions = {}): Promise<CorpusInfo | undefined> {
  assertWorkOptions(options);
  const store = await openStore(address);
  const plan = await readPlan(store);
  const finished = plan ? undefined : await readCorpusInfo(store);
  if (finished && (options.index ?? options.redis) !== undefined) return finished;
  if (!plan) throw nothingToDo(store, finished !== undefined);
  return workOnPlan(store, plan, options);
}

async function workOnPlan(store: Store, plan: Plan, options: WorkOptions): Promise<CorpusInfo | undefined> {
  const { workers = plan.parallelCodecs ? availableParallelism() : 1, index, redis, lockSeconds, signal, onProgress } = options;
  const threads = plan.parallelCodecs ? undefined : Math.max(1, Math.floor(availableParallelism() / workers));
  if (redis !== undefined) {
    await workOnQueue(store, plan, { redis, workers, threads, lockSeconds, signal, onProgress });
    return readCorpusInfo(store);
  }
  const view = await runLocally(store, plan, { ...options, workers, threads, units: index && unitsOf(plan, index) });
  onProgress?.(view); // also where there was nothing to do
  const isWhole = (await doneUnits(store)).size >= plan.units.length;
  return (options.finish ?? index === undefined) && isWhole ? finishPlan(store, plan, signal) : undefined;
}

function unitsOf({ units }: Plan, { index, count = units.length }: NonNullable<WorkOptions["index"]>): number[] {
  if (index >= count) throw new CodecError("usage", `Cannot do the units of index ${index}: it must be under the count, ${count}`);
  return [...units.keys()].filter((unit) => unit % count === index);
}

/** How far a plan is, by what is in the store; undefined where there is none in work. */
export async function watchPlan(store: Store): Promise<{ readonly watch: PlanWatch; readonly view: RunProgress } | undefined> {
  const plan = await readPlan(store);
  if (!plan) return undefined;
  const watch = new PlanWatch(store, plan);
  return { watch, view: await watch.look() };
}
