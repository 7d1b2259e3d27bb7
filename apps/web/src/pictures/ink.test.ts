import { expect, test } from "vitest";
import { inkFor } from "./ink.ts";

/** Luma of ITU-R BT.709. */
function lightness(ink: Uint8ClampedArray, level: number): number {
  return 0.2126 * ink[4 * level] + 0.7152 * ink[4 * level + 1] + 0.0722 * ink[4 * level + 2];
}

test("more ink is darker on light paper and lighter on dark paper, level by level", () => {
  for (let level = 1; level < 256; level++) {
    expect(lightness(inkFor(false), level)).toBeLessThanOrEqual(lightness(inkFor(false), level - 1));
    expect(lightness(inkFor(true), level)).toBeGreaterThanOrEqual(lightness(inkFor(true), level - 1));
  }
});
