import { throwIfAborted } from "@twelvehz/codec/node";
import { setTimeout as sleep } from "node:timers/promises";
import { isS3 } from "../sources/files.ts";
import { doneUnits } from "../plan/finish.ts";
import { type Plan, readPlan } from "../plan/plan.ts";
import type { Store } from "../store/store.ts";
import { readSummary, type UnitSummary } from "../unit/unit-result.ts";
import type { UnitPoolOptions } from "./unit-pool.ts";
import { ProgressCounter, type RunProgress } from "./progress.ts";

/** Pause between two looks into the store, ms: a listing of S3 costs. */
const LOOK_MS = 1000;
const LOOK_S3_MS = 10_000;

/** Follows a plan by what is in its store, whoever does the work; units of its own show clip by clip. */
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
      const summary = await this.#summaryOf(unit);
      if (!summary) break;
      this.#counter.addUnit(summary, !this.#isFirst);
      this.#counter.forget(unit);
      this.#seen.add(unit);
    }
    this.#isFirst = false;
    return this.#counter.view;
  }

  /** Undefined where the corpus was finished since it was listed, with which units go. */
  async #summaryOf(unit: number): Promise<UnitSummary | undefined> {
    try {
      return await readSummary(this.#store, unit);
    } catch (error) {
      if (await this.isInWork()) throw error;
      return undefined;
    }
  }

  /** What a pool of processes that works here is to tell. */
  get listener(): Pick<UnitPoolOptions, "onClip" | "onAgain" | "onProcess"> {
    return {
      onClip: (unit, seconds, reject) => {
        if (!this.#seen.has(unit)) this.#counter.addClip(unit, seconds, reject);
      },
      onAgain: (unit) => this.#counter.forget(unit),
      onProcess: (event) => {
        if (event === "died") this.#counter.addDeath();
      },
    };
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
