import { describe, expect, it } from "vitest";
import { codesIn, depthOf, layoutText, parseLayout, payloadBytes, profileOf, PROFILES } from "./layout.ts";

describe("a layout", () => {
  it.each(["16", "16+8@1+4@2+4@3", "2x16+16@1", "4x1", "12+7@3+7@15"])("%s is read and written", (text) => {
    expect(layoutText(parseLayout(text))).toBe(text);
  });

  it("tells its depth, its codes and its bytes", () => {
    const layout = parseLayout("16+8@1+4@2+4@3");
    expect([depthOf(layout), codesIn(layout), payloadBytes(layout, { codebookSize: 2048 })]).toEqual([3, 32, 45]);
    expect(payloadBytes(parseLayout("2x16+16@1+8@2"), { codebookSize: 2048 })).toBe(111);
    expect(depthOf(parseLayout("16"))).toBe(0);
    expect(payloadBytes(parseLayout("1+1@2"), { codebookSize: 2048 })).toBe(1 + 4 + 3); // explicit: two codes of eleven bits
  });

  it("has a profile where the format names one, whatever its frames a packet", () => {
    expect(PROFILES.map((text) => profileOf(parseLayout(text)))).toEqual(PROFILES.map((_, i) => i));
    expect([profileOf(parseLayout("3x16+8@1")), profileOf(parseLayout("15"))]).toEqual([1, 15]);
  });

  it.each([
    ["", "form"],
    ["16+8", "form"],
    ["16@1", "form"],
    ["0x16", "form"],
    ["5x16", "1 to 4 frames"],
    ["65", "1 to 64 layers"],
    ["8+9@1", "9 layers"],
    ["8+8@16", "15 packets back"],
    ["8+8@2+8@1", "order"],
    ["8+8@1+8@1", "order"],
    ["8+1@1+1@2+1@3+1@4+1@5+1@6+1@7+1@8", "at most 7"],
  ])("%j is refused, with the reason and an example", (text, reason) => {
    expect(() => parseLayout(text)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining(reason) }));
    expect(() => parseLayout(text)).toThrow("such as 16+8@1+4@2");
  });
});
