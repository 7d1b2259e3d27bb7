import { describe, expect, it } from "vitest";
import { BINS, HOP, WINDOW_SIZE } from "./frames.ts";
import { BIN_UNITS, PhaseGradient, PRIORITY_UNITS, randomPhases } from "./phase-gradient.ts";

const TOLERANCE = 0.01;

/**
 * The spectrum of a tone between bins under the Gaussian window that the gradients are made for:
 * its variance in bins is W^2 / (2 pi gamma), with gamma = 0.25645 W^2.
 */
function tone(bin: number): Float64Array {
  return Float64Array.from({ length: BINS }, (_, k) => 240 * Math.exp(-0.5 * (k - bin) ** 2 * (2 * Math.PI * 0.25645)) + 1e-9);
}

/** The priority that follows the magnitudes themselves. */
function logs(magnitudes: Float64Array): Int32Array {
  return Int32Array.from(magnitudes, (m) => Math.log(m) * PRIORITY_UNITS * BIN_UNITS);
}

/** Phases of so many steps of the same magnitudes. */
function phasesOf(magnitudes: Float64Array, priority: Int32Array, steps: number, gradient = new PhaseGradient(TOLERANCE)): Float64Array[] {
  const rows: Float64Array[] = [];
  for (let t = 0; t < steps; t++) {
    const out = new Float64Array(BINS);
    gradient.next(magnitudes, priority, rows[t - 1] ?? new Float64Array(BINS), out);
    rows.push(out);
  }
  return rows;
}

/** An angle in (-pi, pi]. */
function wrapped(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

describe("phases by gradient integration", () => {
  it.each([40, 100.5, 213.3])("let a steady tone at bin %d advance by its own frequency", (bin) => {
    const rows = phasesOf(tone(bin), logs(tone(bin)), 6);
    const peak = Math.round(bin);
    for (let t = 2; t < 6; t++) {
      const wanted = (2 * Math.PI * HOP * bin) / WINDOW_SIZE;
      expect(wrapped(rows[t][peak] - rows[t - 1][peak] - wanted)).toBeCloseTo(0, 4);
    }
  });

  it("are the same across a steady tone, seen from the centre of the window", () => {
    const rows = phasesOf(tone(100), logs(tone(100)), 6);
    for (const k of [99, 101]) expect(wrapped(rows[5][k] - rows[5][100])).toBeCloseTo(0, 4);
  });

  it("are fixed random ones at the first step, and wherever it is too weak", () => {
    const [first, second] = phasesOf(tone(100), logs(tone(100)), 2);
    const [random0, random1] = [new Float64Array(BINS), new Float64Array(BINS)];
    randomPhases(0, random0);
    randomPhases(1, random1);
    expect(first).toEqual(random0);
    expect(second[300]).toBe(random1[300]);
    expect(second[100]).not.toBe(random1[100]);
    expect(random1).not.toEqual(random0);
  });

  it("are spread evenly over the circle where they are random", () => {
    const quarters = [0, 0, 0, 0];
    for (let step = 0; step < 20; step++) {
      const out = new Float64Array(BINS);
      randomPhases(step, out);
      for (const phase of out) quarters[Math.floor(phase / (Math.PI / 2))]++;
    }
    // 9620 angles: 2405 in each quarter, with a standard deviation of 42.
    for (const count of quarters) expect(Math.abs(count - 2405)).toBeLessThan(200);
  });

  it("spread in the order of the priority, not of the magnitudes", () => {
    const peaks = tone(100).map((m, k) => m + 0.9 * tone(130)[k]);
    const rising = Int32Array.from(peaks, (_, k) => k);
    const found = [rising, rising.map((value) => -value)].map((priority) => phasesOf(peaks, priority, 3)[2]);
    expect(found[0].some((phase, k) => Math.abs(wrapped(phase - found[1][k])) > 0.1)).toBe(true);
  });

  it("do not change by more than the magnitudes where two peaks change places at a tie", () => {
    const bothPeaks = (share: number): Float64Array => tone(100).map((m, k) => m + share * tone(108)[k]);
    const priority = logs(bothPeaks(0.999));
    const [one, other] = [1 - 1e-9, 1 + 1e-9].map((share) => phasesOf(bothPeaks(share), priority, 6)[5]);
    const furthest = one.reduce((max, phase, k) => Math.max(max, Math.abs(wrapped(phase - other[k]))), 0);
    expect(furthest).toBeLessThan(1e-6);
  });

  it("begin anew after a reset", () => {
    const gradient = new PhaseGradient(TOLERANCE);
    const before = phasesOf(tone(77), logs(tone(77)), 4, gradient);
    gradient.reset();
    expect(phasesOf(tone(77), logs(tone(77)), 4, gradient)).toEqual(before);
  });
});
