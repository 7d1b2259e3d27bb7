/**
 * Units over a fleet: BullMQ on Redis hands them out, and nothing more. What is done stands in the
 * store; a Redis that is lost costs no result.
 */
import type { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { CodecError, messageOf, throwIfAborted } from "@twelvehz/codec/node";
import type { Plan } from "../plan/plan.ts";
import type { Store } from "../store/store.ts";
import type { RunProgress } from "./progress.ts";
import { assertFewRejects, type RunOptions } from "./run-plan.ts";
import { UnitPool, type UnitPoolOptions } from "./unit-pool.ts";
import { PlanWatch } from "./watch-plan.ts";

/** Tries of a unit before the run ends. */
const ATTEMPTS = 5;
/** Jobs that are added at once. */
const BULK = 1000;
/**
 * How often a job may be found without a living worker: with BullMQ's default of 1, two workers
 * that are killed over it would end it, whatever its attempts say.
 */
const MOST_STALLS = 5;
/** How long a worker that does not answer keeps its unit, s. */
const LOCK_SECONDS = 60;

interface UnitJob {
  readonly unit: number;
}

function queueName(plan: Plan): string {
  return `twelvehz-${plan.hash.slice(0, 32)}`;
}

async function connect(url: string): Promise<Redis> {
  const { Redis } = await import("ioredis");
  if (!/^rediss?:\/\//.test(url))
    throw new CodecError("usage", `Cannot use ${JSON.stringify(url)}: an address such as redis://host:6379 is wanted`);
  const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true, retryStrategy: (tries) => Math.min(100 * tries, 3000) });
  redis.on("error", () => undefined); // connects again by itself
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw new CodecError("io", `Cannot reach Redis at ${JSON.stringify(url)}: ${messageOf(error)}; start it, or correct --redis`, {
      cause: error,
    });
  }
  return redis;
}

/** Options of {@link runOnQueue}. */
export interface QueueOptions extends RunOptions {
  /** Of Redis, `redis://host:port`. */
  readonly redis: string;
  /** Processes that work here beside those of others. Default: none. */
  readonly workers?: number | undefined;
  /** Threads inside one operation of the networks, in each of them. */
  readonly threads?: number | undefined;
}

/**
 * Hands out the units of a plan, as {@link coordinate}, and works on them itself where that is asked
 * for.
 * @throws CodecError as {@link coordinate}
 */
export async function runOnQueue(store: Store, plan: Plan, options: QueueOptions): Promise<RunProgress> {
  const { workers = 0, redis, threads } = options;
  const watch = new PlanWatch(store, plan);
  if (workers === 0) return coordinate(watch, plan, options);
  const stop = new AbortController();
  const work = takeUnits(watch, store, plan, { redis, workers, threads, signal: stop.signal });
  work.catch(() => undefined); // what fails shows in the queue
  try {
    return await coordinate(watch, plan, options);
  } finally {
    stop.abort();
    await work.catch(() => undefined);
  }
}

/**
 * Hands out the units of a plan that are not done, and waits until workers have done them.
 * @throws CodecError `runtime` when a unit fails in all its tries; `bad-audio` over `maxRejects`
 */
async function coordinate(
  watch: PlanWatch,
  plan: Plan,
  { redis: url, signal, maxRejects, onProgress }: QueueOptions,
): Promise<RunProgress> {
  const { Queue } = await import("bullmq");
  const redis = await connect(url);
  const queue = new Queue<UnitJob>(queueName(plan), { connection: redis });
  queue.on("error", () => undefined);
  try {
    for (;;) {
      const view = await watch.look();
      onProgress?.(view);
      assertFewRejects(view, maxRejects);
      if (watch.missing.length === 0) break;
      await assertNoneFailed(queue);
      await handOut(queue, plan, watch.missing);
      await watch.pause(signal);
    }
    await queue.obliterate({ force: true });
    return await watch.look();
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

/** Adds units that are not there: at first all, later those that a lost Redis has forgotten. */
async function handOut(queue: Queue<UnitJob>, plan: Plan, units: readonly number[]): Promise<void> {
  const { waiting = 0, active = 0, delayed = 0, prioritized = 0 } = await queue.getJobCounts("waiting", "active", "delayed", "prioritized");
  if (waiting + active + delayed + prioritized > 0) return;
  for (let at = 0; at < units.length; at += BULK) {
    const jobs = units.slice(at, at + BULK).map((unit) => ({
      name: "unit",
      data: { unit },
      opts: {
        jobId: `${plan.hash.slice(0, 16)}-${unit}`, // adding it twice makes one job
        attempts: ATTEMPTS,
        backoff: { type: "exponential" as const, delay: 1000 },
        removeOnComplete: true,
      },
    }));
    await queue.addBulk(jobs);
  }
}

async function assertNoneFailed(queue: Queue<UnitJob>): Promise<void> {
  const [failed] = await queue.getFailed(0, 0);
  if (!failed) return;
  const { unit } = failed.data;
  await queue.obliterate({ force: true });
  throw new CodecError(
    "runtime",
    `Cannot go on: unit ${unit} has failed ${failed.attemptsMade} times (${failed.failedReason}); see to it, and run the command again`,
  );
}

/** Options of {@link workOnQueue}. */
export interface QueueWorkerOptions extends Pick<UnitPoolOptions, "workers" | "threads">, Pick<RunOptions, "signal" | "onProgress"> {
  readonly redis: string;
  /** How long a worker that does not answer keeps its unit, s. Default 60. */
  readonly lockSeconds?: number | undefined;
}

/**
 * Does units that are handed out, until the plan is finished. Told of its progress is that of the
 * whole plan: what others have done shows unit by unit, what is done here clip by clip.
 * @throws CodecError `aborted`; `io` when Redis cannot be reached
 */
export function workOnQueue(store: Store, plan: Plan, options: QueueWorkerOptions): Promise<void> {
  return takeUnits(new PlanWatch(store, plan), store, plan, options);
}

async function takeUnits(
  watch: PlanWatch,
  store: Store,
  plan: Plan,
  { redis: url, workers, threads, lockSeconds = LOCK_SECONDS, signal, onProgress }: QueueWorkerOptions,
): Promise<void> {
  const bullmq = await import("bullmq");
  const redis = await connect(url);
  const pool = new UnitPool({ store, workers, threads, ...watch.listener });
  const lockDuration = 1000 * lockSeconds;
  const worker: Worker<UnitJob> = new bullmq.Worker<UnitJob>(
    queueName(plan),
    async ({ data: { unit } }) => {
      await pool.run(unit);
    },
    { connection: redis, concurrency: workers, maxStalledCount: MOST_STALLS, lockDuration, stalledInterval: lockDuration / 2 },
  );
  worker.on("error", () => undefined); // connects again by itself
  try {
    while (await watch.isInWork()) {
      onProgress?.(await watch.look());
      await watch.pause(signal);
    }
    throwIfAborted(signal);
  } finally {
    await pool.close();
    await worker.close(true);
    redis.disconnect();
  }
}
