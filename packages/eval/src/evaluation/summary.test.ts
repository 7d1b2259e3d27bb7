import { describe, expect, it } from "vitest";
import type { CodecUnderTest } from "../codec-under-test.ts";
import { MEASURES } from "../measures/measures.ts";
import type { Trial } from "./results.ts";
import { codecCosts, goodness, measureMeans, MeanTable } from "./summary.ts";

const [pesq] = MEASURES;

function trial(clip: string, codec: string, condition: string, value: number | undefined, inputValue?: number): Trial {
  const inputValues = inputValue === undefined ? {} : { inputValues: { [pesq.id]: inputValue } };
  return {
    clip,
    codec,
    condition,
    seconds: 2,
    byteLength: 500,
    delaySeconds: 0.01,
    values: value === undefined ? {} : { [pesq.id]: value },
    ...inputValues,
  };
}

function codec(name: string): CodecUnderTest {
  return { name, algorithmicDelaySeconds: 0.08, roundTrip: () => Promise.reject(new Error("not used")) };
}

describe("the summary of trials", () => {
  const trials = [
    trial("a", "x", "clean", 2),
    trial("b", "x", "clean", 4),
    trial("c", "x", "clean", undefined),
    trial("a", "x", "noise", 1.5, 3),
    trial("a", "y", "clean", 1),
  ];

  it("averages over the clips that have a value, and counts the others", () => {
    const means = measureMeans(trials, [pesq]);
    expect(means.find((m) => m.codec === "x" && m.condition === "clean")).toMatchObject({
      mean: 3,
      count: 2,
      undefinedCount: 1,
      against: "clean",
    });
  });

  it("keeps what was compared with the clean clip apart from what was compared with the input", () => {
    const table = new MeanTable({ means: measureMeans(trials, [pesq]) });
    expect(table.find("x", "noise", pesq.id)?.mean).toBe(1.5);
    expect(table.find("x", "noise", pesq.id, "input")?.mean).toBe(3);
    expect(table.find("x", "clean", pesq.id, "input")).toBeUndefined();
  });

  it("has no mean where no clip has a value", () => {
    const table = new MeanTable({ means: measureMeans([trial("a", "x", "clean", undefined)], [pesq]) });
    expect(table.find("x", "clean", pesq.id)).toBeUndefined();
  });

  it("counts bits by seconds of sound over all trials", () => {
    expect(codecCosts(trials, [codec("y"), codec("x"), codec("z")])).toEqual([
      { codec: "y", kilobitsPerSecond: 2, algorithmicDelaySeconds: 0.08, foundDelaySeconds: 0.01 },
      { codec: "x", kilobitsPerSecond: 2, algorithmicDelaySeconds: 0.08, foundDelaySeconds: 0.01 },
    ]);
  });

  it("knows which way is better", () => {
    expect(goodness({ better: "higher" }, 2)).toBeGreaterThan(goodness({ better: "higher" }, 1));
    expect(goodness({ better: "lower" }, 1)).toBeGreaterThan(goodness({ better: "lower" }, 2));
    expect(goodness({ better: "zero" }, 0.5)).toBeGreaterThan(goodness({ better: "zero" }, -1));
  });
});
