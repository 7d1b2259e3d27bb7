/** How far a run is: one view, whichever engine does the work. */
import type { Plan } from "../plan/plan.ts";
import type { UnitSummary } from "../unit/unit-result.ts";

/** How far a run is. */
export interface RunProgress {
  readonly units: number;
  readonly unitsDone: number;
  readonly clips: number;
  /** Encoded or rejected. */
  readonly clipsDone: number;
  /** How many were rejected, by code. */
  readonly rejects: Readonly<Record<string, number>>;
  readonly rejected: number;
  /** Seconds of sound that are encoded. */
  readonly soundSeconds: number;
  /** Seconds of sound encoded in a second, since the run began or went on. */
  readonly rate: number;
  /** Seconds that are left at that rate; undefined while nothing is known. */
  readonly leftSeconds: number | undefined;
  /** Processes that have died. */
  readonly deaths: number;
}

/** Counts what is done. */
export class ProgressCounter {
  readonly #plan: Plan;
  readonly #now: () => number;
  readonly #clips: number;
  /** Of units that are done. */
  readonly #done: Tally = newTally();
  /** What was done before the run began, which says nothing of its rate. */
  readonly #before: Tally = newTally();
  /** Of units in work. */
  readonly #live = new Map<number, Tally>();
  #began: number;
  #unitsDone = 0;
  #deaths = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(plan: Plan, now: () => number = () => performance.now()) {
    this.#plan = plan;
    this.#now = now;
    this.#clips = plan.units.reduce((sum, { clips }) => sum + clips, 0);
    this.#began = now();
  }

  /** Takes a unit that is done. `isNew`: since the run began. */
  addUnit({ clips, rejects, seconds }: UnitSummary, isNew: boolean): void {
    this.#unitsDone++;
    for (const tally of isNew ? [this.#done] : [this.#done, this.#before]) {
      tally.clips += clips + rejects.length;
      tally.seconds += seconds;
      for (const { code } of rejects) count(tally, code);
    }
    if (!isNew) this.#began = this.#now();
  }

  /** Takes a clip of a unit in work. */
  addClip(unit: number, seconds: number, reject: string | undefined): void {
    const tally = this.#live.get(unit) ?? newTally();
    this.#live.set(unit, tally);
    tally.clips++;
    tally.seconds += seconds;
    if (reject !== undefined) count(tally, reject);
  }

  /** The clips of a unit in work do not count: it is begun anew, or taken as a whole. */
  forget(unit: number): void {
    this.#live.delete(unit);
  }

  /** A process has ended. */
  addDeath(): void {
    this.#deaths++;
  }

  /** The view. */
  get view(): RunProgress {
    const all = newTally();
    for (const tally of [this.#done, ...this.#live.values()]) {
      all.clips += tally.clips;
      all.seconds += tally.seconds;
      for (const [code, times] of Object.entries(tally.rejects)) count(all, code, times);
    }
    const elapsed = Math.max(1e-3, (this.#now() - this.#began) / 1000);
    const clips = all.clips - this.#before.clips;
    return {
      units: this.#plan.units.length,
      unitsDone: this.#unitsDone,
      clips: this.#clips,
      clipsDone: all.clips,
      rejects: all.rejects,
      rejected: Object.values(all.rejects).reduce((a, b) => a + b, 0),
      soundSeconds: all.seconds,
      rate: (all.seconds - this.#before.seconds) / elapsed,
      leftSeconds: clips > 0 ? ((this.#clips - all.clips) * elapsed) / clips : undefined,
      deaths: this.#deaths,
    };
  }
}

/** Clips that are encoded or rejected, and their sound. */
interface Tally {
  clips: number;
  seconds: number;
  readonly rejects: Record<string, number>;
}

function newTally(): Tally {
  return { clips: 0, seconds: 0, rejects: {} };
}

function count(tally: Tally, code: string, times = 1): void {
  tally.rejects[code] = (tally.rejects[code] ?? 0) + times;
}
