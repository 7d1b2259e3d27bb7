import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BINS } from "./frames.ts";
import { binInterpolation, LogBands } from "./log-bands.ts";
import { BIN_UNITS } from "./phase-gradient.ts";

/** As the shipped model has them: 128 bands, the lowest 48 of one bin each, floor 0.01. */
const FLOOR = 0.01;
const bands = new LogBands(128, 48, FLOOR);

function toBands(magnitudes: Float64Array): Float32Array {
  const out = new Float32Array(128);
  bands.fromMagnitudes(magnitudes, out);
  return out;
}

function toMagnitudes(logs: Float32Array): Float64Array {
  const out = new Float64Array(BINS);
  bands.toMagnitudes(logs, out);
  return out;
}

describe("priorities of bins", () => {
  it("are whole numbers between those of two bands: exactly those of a band at its centre", () => {
    const priority = Int32Array.from({ length: 128 }, (_, band) => (band % 2 === 0 ? -32_766 : 32_766) - band);
    const out = new Int32Array(BINS);
    bands.toPriorities(priority, out);
    expect(out.subarray(0, 48)).toEqual(priority.slice(0, 48).map((x) => x * BIN_UNITS));
    expect(out[BINS - 1]).toBe(priority[127] * BIN_UNITS);
    const logs = new Float64Array(BINS);
    bands.toMagnitudes(
      Float32Array.from(priority, (x) => x / 4096),
      logs,
    );
    for (let k = 0; k < BINS; k++) {
      const exact = Math.log(logs[k] + FLOOR);
      const found = out[k] / BIN_UNITS / 4096; // shares are rounded down by less than 1 / 256, bands differ by 16
      if (exact > -4) expect(Math.abs(found - exact)).toBeLessThan(17 / BIN_UNITS);
    }
  });

  it("do not depend on where a share lies between two units: none is near a whole one", () => {
    const { share } = binInterpolation(128, 48);
    const rests = Array.from(share, (s) => Math.abs(Math.fround(s) * BIN_UNITS - Math.round(Math.fround(s) * BIN_UNITS)));
    for (const rest of rests) expect(rest === 0 || rest > 1e-4).toBe(true); // float32 rounds by 1.5e-5 units
  });
});

describe("log bands", () => {
  it("of a flat spectrum are its logarithm: the weights of every band add up to 1", () => {
    for (const level of [0, 1e-3, 1, 300]) {
      for (const log of toBands(new Float64Array(BINS).fill(level))) expect(log).toBeCloseTo(Math.log(level + FLOOR), 5);
    }
  });

  it("give a flat spectrum back, in every bin", () => {
    for (const level of [0.01, 1, 300]) {
      for (const magnitude of toMagnitudes(toBands(new Float64Array(BINS).fill(level)))) expect(magnitude / level).toBeCloseTo(1, 4);
    }
  });

  it("hold the lowest 48 bins one by one", () => {
    const magnitudes = Float64Array.from({ length: BINS }, (_, k) => 1 + (k % 7));
    const logs = toBands(magnitudes);
    for (let k = 0; k < 48; k++) expect(logs[k]).toBeCloseTo(Math.log(magnitudes[k] + FLOOR), 5);
    const back = toMagnitudes(logs);
    for (let k = 0; k < 48; k++) expect(back[k]).toBeCloseTo(magnitudes[k], 4);
  });

  it("give a spectrum back whose logarithm is a straight line, but for the last band, of which one side is cut off", () => {
    const magnitudes = Float64Array.from({ length: BINS }, (_, k) => Math.exp(2 - k / 100) - FLOOR);
    const back = toMagnitudes(toBands(magnitudes));
    // A triangle with sides of a and b bins has its mean (b - a) / 3 bins off its centre. Widths
    // grow by less than 4 % to 15 bins: 0.2 bins at 0.01 a bin.
    for (let k = 0; k < BINS - 30; k++) expect(Math.abs(Math.log(back[k] / magnitudes[k]))).toBeLessThan(0.003);
  });

  it("never give less than 1e-4, and always a finite number", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: 128, maxLength: 128 }), (logs) => {
        for (const magnitude of toMagnitudes(Float32Array.from(logs))) expect(magnitude >= 1e-4 && Number.isFinite(magnitude)).toBe(true);
      }),
    );
  });

  it("use every bin, and each in neighbouring bands only", () => {
    for (let k = 0; k < BINS; k++) {
      const magnitudes = new Float64Array(BINS);
      magnitudes[k] = 1;
      const raised = Array.from(toBands(magnitudes), (log, band) => ({ band, log })).filter(({ log }) => log > Math.log(FLOOR) + 1e-3);
      expect(raised.length).toBeGreaterThanOrEqual(1);
      expect(raised.length).toBeLessThanOrEqual(2);
      expect(raised[raised.length - 1].band - raised[0].band).toBe(raised.length - 1);
    }
  });
});
