import { describe, expect, it } from "vitest";
import { BitRate } from "./bit-rate.ts";

describe("a bit rate", () => {
  it("is that of the frames between the first and the last", () => {
    const rate = new BitRate();
    expect(rate.bitsPerSecond).toBeUndefined();
    rate.add(1000, 176);
    expect(rate.bitsPerSecond).toBeUndefined();
    for (let frame = 1; frame < 10; frame++) rate.add(1000 + 80 * frame, 176);
    expect(rate.bitsPerSecond).toBeCloseTo(2200, 6);
  });

  it("forgets what is more than three seconds old", () => {
    const rate = new BitRate();
    for (let frame = 0; frame < 100; frame++) rate.add(80 * frame, frame < 50 ? 176 : 44);
    expect(rate.bitsPerSecond).toBeCloseTo(550, 6);
  });
});
