import { throwIfAborted } from "@twelvehz/codec/node";
import { setTimeout as sleep } from "node:timers/promises";
import { isS3 } from "../sources/files.ts";
import { doneUnits } from "../plan/finish.ts";
import { type Plan, readPlan } from "../plan/plan.ts";
import type { Store } from "../store/store.ts";
import { readSummary } from "../unit/unit-result.ts";
import { ProgressCounter, type RunProgress } from "./progress.ts";

/** Pause between two looks into the store, ms: a listing of S3 costs. */
const LOOK_MS = 1000;
const LOOK_S3_MS = 10_000;

/** Follows a plan by what is in its store, whoever does the work. */
export class PlanWatch {
  readonly #store: Store;
  readonly #plan: Plan;
  readonly #counter: ProgressCounter;
  readonly #seen = new Set<number>();
  #isFirst = true;

  constructor(store: Store, plan: Plan) {
    this.#store = store;
    this.#plan = plan;
    this.#counter = new ProgressCounter(plan);
  }

  /** Looks which units have been done since the last time. */
  async look(): Promise<RunProgress> {
    for (const unit of await doneUnits(this.#store)) {
      if (this.#seen.has(unit) || !this.#plan.units[unit]) continue;
      this.#counter.addUnit(await readSummary(this.#store, unit), !this.#isFirst);
      this.#seen.add(unit);
    }
    this.#isFirst = false;
    return this.#counter.view;
  }

  /** Whether the plan is still in work: it goes when its corpus is finished. */
  async isInWork(): Promise<boolean> {
    return (await readPlan(this.#store))?.hash === this.#plan.hash;
  }

  /** Units that are not done, as of the last look. */
  get missing(): number[] {
    return [...this.#plan.units.keys()].filter((unit) => !this.#seen.has(unit));
  }

  /** Waits for a moment. */
  async pause(signal: AbortSignal | undefined): Promise<void> {
    await sleep(isS3(this.#store.address) ? LOOK_S3_MS : LOOK_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
    throwIfAborted(signal);
  }
}
