import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/plan.ts";
import { ProgressCounter } from "./progress.ts";

const plan = { units: [{ clips: 4 }, { clips: 6 }] } as unknown as Plan;
const reject = { id: "x", source: "x", code: "silent", reason: "" } as const;

describe("how far a run is", () => {
  it("does not count clips of a unit twice that is begun anew", () => {
    const counter = new ProgressCounter(plan, () => 0);
    counter.addClip(0, 2, undefined);
    counter.addClip(0, 0, "silent");
    counter.addClip(1, 3, undefined);
    expect(counter.view).toMatchObject({ clipsDone: 3, rejected: 1, soundSeconds: 5 });
    counter.forget(0);
    expect(counter.view).toMatchObject({ clipsDone: 1, rejected: 0, soundSeconds: 3 });
    counter.addUnit({ clips: 3, rejects: [reject], seconds: 7 }, true);
    expect(counter.view).toMatchObject({ unitsDone: 1, clipsDone: 5, rejects: { silent: 1 }, soundSeconds: 10 });
  });

  it("tells rate and time left of this run alone, and survives a clock that stands or goes back", () => {
    let now = 1000;
    const counter = new ProgressCounter(plan, () => now);
    counter.addUnit({ clips: 4, rejects: [], seconds: 100 }, false);
    expect(counter.view.leftSeconds).toBeUndefined();
    now += 2000;
    counter.addClip(1, 8, undefined);
    expect(counter.view).toMatchObject({ rate: 4, leftSeconds: 10 });
    now -= 60_000;
    const { rate, leftSeconds } = counter.view;
    expect([rate > 0, Number.isFinite(rate), leftSeconds! >= 0]).toEqual([true, true, true]);
  });
});
