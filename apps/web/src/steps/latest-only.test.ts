import { describe, expect, it } from "vitest";
import { LatestOnly } from "./latest-only.ts";

/** Work that runs until it is cancelled, and writes down what happened. */
function untilCancelled(name: string, log: string[]): (signal: AbortSignal) => Promise<void> {
  return (signal) => {
    log.push(`${name} begins`);
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => setTimeout(() => reject(new Error(log[log.push(`${name} stops`) - 1])), 5)),
    );
  };
}

describe("only the latest work", () => {
  it("begins when the one before has stopped, and leaves out what came between", async () => {
    const log: string[] = [];
    const latest = new LatestOnly();
    const first = latest.run(untilCancelled("first", log));
    await Promise.resolve();
    const second = latest.run(untilCancelled("second", log));
    const third = latest.run(async () => void log.push("third"));
    await expect(first).rejects.toThrow("first stops");
    await Promise.all([second, third]);
    expect(log).toEqual(["first begins", "first stops", "third"]);
  });

  it("goes on after work that failed", async () => {
    const latest = new LatestOnly();
    await expect(latest.run(() => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
    let ran = false;
    await latest.run(async () => void (ran = true));
    expect(ran).toBe(true);
  });

  it("runs nothing that was cancelled before it began", async () => {
    const latest = new LatestOnly();
    let ran = false;
    const work = latest.run(async () => void (ran = true));
    latest.cancel();
    await work;
    expect(ran).toBe(false);
  });
});
