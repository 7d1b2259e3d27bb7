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

/** Counts what is done. The clock is one that never goes back. */
export class ProgressCounter {
  readonly #plan: Plan;
  readonly #now: () => number;
  readonly #clips: number;
  #began: number;
  #rejects: Record<string, number> = {};
  #clipsDone = 0;
  #clipsBefore = 0;
  #unitsDone = 0;
  #soundSeconds = 0;
  #soundBefore = 0;
  #deaths = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(plan: Plan, now: () => number = () => performance.now()) {
    this.#plan = plan;
    this.#now = now;
    this.#clips = plan.units.reduce((sum, { clips }) => sum + clips, 0);
    this.#began = now();
  }

  /** Takes a unit that was done before, or by others. */
  addUnit({ clips, rejects, seconds }: UnitSummary, isNew: boolean): void {
    for (const { code } of rejects) this.#addReject(code);
    this.#clipsDone += clips + rejects.length;
    this.#soundSeconds += seconds;
    this.#unitsDone++;
    if (isNew) return;
    this.#clipsBefore += clips + rejects.length;
    this.#soundBefore += seconds;
    this.#began = this.#now();
  }

  /** Takes a clip of a unit in work; it counts again if its unit is begun anew. */
  addClip(seconds: number, reject: string | undefined): void {
    this.#clipsDone++;
    this.#soundSeconds += seconds;
    if (reject !== undefined) this.#addReject(reject);
  }

  /** A unit whose clips have been taken one by one is done. */
  endUnit(): void {
    this.#unitsDone++;
  }

  /** A process has died. */
  addDeath(): void {
    this.#deaths++;
  }

  #addReject(code: string): void {
    this.#rejects[code] = (this.#rejects[code] ?? 0) + 1;
  }

  /** The view. */
  get view(): RunProgress {
    const elapsed = Math.max(1e-3, (this.#now() - this.#began) / 1000);
    const clips = this.#clipsDone - this.#clipsBefore;
    const left = Math.max(0, this.#clips - this.#clipsDone);
    return {
      units: this.#plan.units.length,
      unitsDone: this.#unitsDone,
      clips: this.#clips,
      clipsDone: Math.min(this.#clips, this.#clipsDone),
      rejects: { ...this.#rejects },
      rejected: Object.values(this.#rejects).reduce((a, b) => a + b, 0),
      soundSeconds: this.#soundSeconds,
      rate: (this.#soundSeconds - this.#soundBefore) / elapsed,
      leftSeconds: clips > 0 ? (left * elapsed) / clips : undefined,
      deaths: this.#deaths,
    };
  }
}
