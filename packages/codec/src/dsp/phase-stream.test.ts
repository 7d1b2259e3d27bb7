import { beforeAll, describe, expect, it } from "vitest";
import { inLongForm } from "@twelvehz/test-support/long-form.ts";
import { RealFft } from "./fft.ts";
import { BINS, HOP, WINDOW_SIZE } from "./frames.ts";
import { MagnitudeStream } from "./magnitude-stream.ts";
import { BIN_UNITS, PRIORITY_UNITS } from "./phase-gradient.ts";
import { type PhaseSearch, PhaseStream, type StepMagnitudes } from "./phase-stream.ts";

/** As the shipped model has them. */
const SEARCH: PhaseSearch = { iterations: 4, openSteps: 1, momentum: 0.9, tolerance: 0.01 };
const STEPS_PER_FRAME = 8;
const LEAD = WINDOW_SIZE - HOP;

let fft: RealFft;
beforeAll(async () => {
  fft = await RealFft.create(WINDOW_SIZE);
});

function magnitudesOf(samples: Float32Array): Float64Array[] {
  const stream = new MagnitudeStream(fft);
  return Array.from({ length: samples.length / HOP }, (_, t) => {
    const out = new Float64Array(BINS);
    stream.step(samples.subarray(t * HOP, (t + 1) * HOP), out);
    return out;
  });
}

/** The priority that follows the magnitudes themselves. */
function ranked(rows: readonly Float64Array[]): StepMagnitudes[] {
  const units = PRIORITY_UNITS * BIN_UNITS;
  return rows.map((magnitudes) => ({ magnitudes, priority: Int32Array.from(magnitudes, (m) => Math.log(m + 1e-10) * units) }));
}

function synthesized(rows: readonly StepMagnitudes[], search: PhaseSearch = SEARCH): Float32Array {
  const stream = new PhaseStream(fft, search);
  const parts: number[] = [];
  for (let t = 0; t < rows.length; t += STEPS_PER_FRAME) parts.push(...stream.push(rows.slice(t, t + STEPS_PER_FRAME)));
  return Float32Array.from([...parts, ...stream.flush()].slice(LEAD, LEAD + rows.length * HOP));
}

/**
 * Something like speech: 20 harmonics of a gliding voice that comes and goes, with noise. 40
 * frames.
 */
function voice(): Float32Array {
  let [phase, state] = [0, 1];
  return Float32Array.from({ length: 40 * STEPS_PER_FRAME * HOP }, (_, i) => {
    const seconds = i / 24_000;
    phase += (2 * Math.PI * (130 + 40 * Math.sin(4 * seconds))) / 24_000;
    state = (state * 48_271) % 2_147_483_647; // Park and Miller 1988
    const harmonics = Array.from({ length: 20 }, (_, h) => Math.sin((h + 1) * phase) / (h + 1)).reduce((a, b) => a + b);
    return 0.1 * Math.max(0, Math.sin(9 * seconds)) * harmonics + 0.003 * (state / 2 ** 30 - 1);
  });
}

/** norm(|STFT(y)| - M) / norm(M), dB. */
function convergence(samples: Float32Array, wanted: readonly Float64Array[]): number {
  const found = magnitudesOf(samples);
  let [difference, whole] = [0, 0];
  wanted.forEach((row, t) =>
    row.forEach((m, k) => {
      difference += (found[t][k] - m) ** 2;
      whole += m * m;
    }),
  );
  return 10 * Math.log10(difference / whole);
}

describe("sound from magnitudes", () => {
  it.each([500, 1010, 3333])("is a tone of %d Hz again where it was one", (frequency) => {
    const samples = Float32Array.from(
      { length: 20 * STEPS_PER_FRAME * HOP },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * frequency * i) / 24_000),
    );
    const middle = synthesized(ranked(magnitudesOf(samples))).subarray(12 * 1920, 18 * 1920);
    // Its power, and how much of it is at the frequency: by the two correlations with sine and
    // cosine there.
    const power = middle.reduce((sum, x) => sum + x * x, 0) / middle.length;
    const at = (f: (angle: number) => number): number =>
      middle.reduce((sum, x, i) => sum + x * f((2 * Math.PI * frequency * i) / 24_000), 0) / middle.length;
    const tonal = 2 * (at(Math.sin) ** 2 + at(Math.cos) ** 2);
    expect(Math.sqrt(2 * power)).toBeCloseTo(0.3, 1);
    expect(tonal / power).toBeGreaterThan(0.9); // 0.93 to 0.99 with this search; random phases leave 0.1
  });

  it("has the magnitudes that it was made from, the better the longer the search", () => {
    const rows = magnitudesOf(voice());
    const [none, some] = [0, 4].map((iterations) => convergence(synthesized(ranked(rows), { ...SEARCH, iterations }), rows));
    expect(some).toBeLessThan(none - 3);
    expect(some).toBeLessThan(-15);
  });

  it("is well behaved: relative changes of 4e-7 in the magnitudes stay below -70 dB, the priority being the same", () => {
    const rows = ranked(magnitudesOf(voice()));
    const samples = synthesized(rows);
    for (const seed of inLongForm ? [3, 5, 11] : [3]) {
      const changed = rows.map(({ magnitudes, priority }, t) => ({
        magnitudes: magnitudes.map((m, k) => m * (1 + 4e-7 * Math.sin(t * 7 + k * seed))),
        priority,
      }));
      const difference = synthesized(changed).map((x, i) => x - samples[i]);
      const energy = (x: Float32Array): number => x.reduce((sum, value) => sum + value * value, 0);
      expect(energy(difference)).toBeGreaterThan(0);
      expect(energy(difference)).toBeLessThan(1e-7 * energy(samples));
    }
  });

  it("is silent, and finite, where the magnitudes are nothing", () => {
    const rows = Array.from({ length: 40 }, () => new Float64Array(BINS));
    expect(synthesized(ranked(rows)).every((x) => x === 0)).toBe(true);
    const oneLoud = rows.map((row, t) => (t === 20 ? row.map(() => 1e4) : row));
    expect(synthesized(ranked(oneLoud)).every(Number.isFinite)).toBe(true);
  });

  it("never changes what was given: what comes out depends on the past alone", () => {
    const rows = ranked(magnitudesOf(voice())).slice(0, 80);
    const stream = (frames: readonly StepMagnitudes[]): Float32Array => {
      const phases = new PhaseStream(fft, SEARCH);
      return Float32Array.from(
        Array.from({ length: frames.length / 8 }, (_, t) => [...phases.push(frames.slice(t * 8, t * 8 + 8))]).flat(),
      );
    };
    const before = stream(rows.slice(0, 40));
    expect(before).toHaveLength((40 - SEARCH.openSteps) * HOP);
    expect(stream(rows).subarray(0, before.length)).toEqual(before);
  });

  it("begins anew after a flush and after a reset", () => {
    const rows = ranked(magnitudesOf(voice())).slice(0, 32);
    const stream = new PhaseStream(fft, SEARCH);
    const once = (): Float32Array => Float32Array.from([0, 8, 16, 24].flatMap((t) => [...stream.push(rows.slice(t, t + 8))]));
    const first = once();
    stream.flush();
    expect(once()).toEqual(first);
    stream.reset();
    expect(once()).toEqual(first);
  });

  it.each([0, 1, 8])("gives all samples in the end, with %i steps open", (openSteps) => {
    const rows = ranked(magnitudesOf(voice())).slice(0, 32);
    const stream = new PhaseStream(fft, { ...SEARCH, openSteps });
    const pushed = [0, 8, 16, 24].reduce((n, t) => n + stream.push(rows.slice(t, t + 8)).length, 0);
    expect(pushed).toBe((32 - openSteps) * HOP);
    expect(stream.flush().length).toBeGreaterThanOrEqual(32 * HOP + LEAD - pushed);
  });
});
