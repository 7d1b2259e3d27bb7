import { describe, expect, it } from "vitest";
import { linkLoss, parseLinkLoss } from "./link-loss.ts";
import { parseCondition } from "./parse-condition.ts";

function fates(text: string, key: string, count = 20_000): boolean[] {
  const isLost = parseCondition(text).link?.open(key) ?? (() => false);
  return Array.from({ length: count }, () => isLost());
}

describe("a link that loses packets", () => {
  it.each([
    ["loss:20", "20 % loss"],
    ["LOSS:2.5", "2.5 % loss"],
    ["burst:20x2.5", "20 % loss in bursts of 2.5"],
    ["20 % loss (seed 2)", "20 % loss (seed 2)"],
    ["trace:lossgen-20", "lossgen-20 losses"],
    ["lossgen-10 losses (seed 2)", "lossgen-10 losses (seed 2)"],
    ["burst:20x2.5#3", "20 % loss in bursts of 2.5 (seed 3)"],
  ])("is called %s, and reads %s", (text, name) => {
    const condition = parseCondition(text);
    expect(condition).toMatchObject({ name, stage: "link" });
    expect(fates(text, "clip").filter(Boolean).length / 20_000).toBeCloseTo(condition.link?.loss ?? 0, 1.7);
  });

  it("loses the same packets of a clip every time, and others of another clip or by another seed", () => {
    const first = fates("loss:20", "clip", 200);
    expect(fates("loss:20", "clip", 200)).toEqual(first);
    expect(fates("loss:20", "clip 2", 200)).not.toEqual(first);
    expect(fates("loss:20#2", "clip", 200)).not.toEqual(first);
  });

  it("begins elsewhere in a trace for another clip and another seed", () => {
    const first = fates("trace:lossgen-20", "clip", 400);
    expect(fates("lossgen-20 losses", "clip", 400)).toEqual(first);
    expect(fates("trace:lossgen-20", "clip 2", 400)).not.toEqual(first);
    expect(fates("trace:lossgen-20#2", "clip", 400)).not.toEqual(first);
    expect(parseLinkLoss("trace:lossgen-15")).toBeUndefined();
  });

  it("leaves other conditions alone, and refuses losses that cannot be", () => {
    expect([parseLinkLoss("noise 10 dB"), parseLinkLoss("loss")]).toEqual([undefined, undefined]);
    expect(() => linkLoss({ loss: 1 })).toThrow(RangeError);
    expect(() => parseCondition("burst:90x2")).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining("in a row") as string }),
    );
  });
});
