import { describe, expect, it } from "vitest";
import { codeColors, srgbOfOklch } from "./code-colors.ts";

/** Relative luminance: WCAG 2.2, definition "relative luminance". */
function luminance(colors: Uint8Array, i: number): number {
  const [red, green, blue] = Array.from(colors.subarray(3 * i, 3 * i + 3), (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("colours of codes", () => {
  const colors = codeColors(256);

  it("become lighter from each to the next", () => {
    for (let i = 8; i < 256; i += 8) expect(luminance(colors, i)).toBeGreaterThan(luminance(colors, i - 8));
  });

  it("differ by about the same wherever two neighbours lie", () => {
    const lightness = Array.from({ length: 256 }, (_, i) => Math.cbrt(luminance(colors, i)));
    const steps = lightness.slice(16).map((value, i) => value - lightness[i]);
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(2);
  });

  it("lie within what a screen can show", () => {
    expect(colors.some((value) => value === 0 || value === 255)).toBe(false);
  });

  it("come from a conversion that knows white, black and red", () => {
    expect(srgbOfOklch(1, 0, 0)).toEqual([255, 255, 255]);
    expect(srgbOfOklch(0, 0, 0)).toEqual([0, 0, 0]);
    expect(srgbOfOklch(0.62796, 0.25768, 29.2339)).toEqual([255, 0, 0]);
  });
});
