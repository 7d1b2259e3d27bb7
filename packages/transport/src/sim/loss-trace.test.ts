import { describe, expect, it } from "vitest";
import { LinkSimulator } from "./link-simulator.ts";
import { LOSS_TRACE_NAMES, lossTrace, parseLossTrace, traceLoss, traceLossPart } from "./loss-trace.ts";

describe("traces of losses", () => {
  it.each([10, 20, 30])("of %i % come with the package, in bursts that chance does not make", (percent) => {
    const trace = lossTrace(`lossgen-${percent}`) ?? [];
    expect(trace).toHaveLength(6000);
    expect(100 * traceLossPart(trace)).toBeCloseTo(percent, -0.5);
    const starts = trace.filter((isLost, i) => isLost && !trace[i - 1]).length;
    expect((traceLossPart(trace) * 6000) / starts).toBeGreaterThan(1.2 / (1 - percent / 100));
  });

  it("have names, and no others", () => {
    expect(LOSS_TRACE_NAMES).toEqual(["lossgen-10", "lossgen-20", "lossgen-30"]);
    expect([lossTrace("lossgen-15"), lossTrace("toString")]).toEqual([undefined, undefined]);
  });

  it("are read from text, and begin again at their end", () => {
    const isLost = traceLoss(parseLossTrace("0 1\n1\r\n0\n"), 5);
    expect(Array.from({ length: 6 }, isLost)).toEqual([true, true, false, false, true, true]);
  });

  it.each([
    ["0 1 2", /"2" stands in it/],
    ["", /nothing stands in it/],
  ])("refuse %j", (text, says) => {
    expect(() => parseLossTrace(text)).toThrow(
      expect.objectContaining({ code: "bad-format", message: expect.stringMatching(says) as string }),
    );
  });

  it("tell a simulated link what to lose, from a place that the seed chooses", () => {
    const trace = lossTrace("lossgen-20");
    const fates = (seed: number): boolean[] => {
      const link = new LinkSimulator({ trace }, seed);
      return Array.from({ length: 300 }, (_, i) => link.send(new Uint8Array(1), i).length === 0);
    };
    expect(fates(3)).toEqual(fates(3));
    expect(fates(3)).not.toEqual(fates(4));
    const text = (trace ?? []).map(Number).join("");
    expect(`${text}${text}`).toContain(fates(4).map(Number).join(""));
  });
});
