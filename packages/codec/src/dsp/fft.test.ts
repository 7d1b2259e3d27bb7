import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RealFft } from "./fft.ts";

/**
 * Rounding of 32-bit floats through the transform, relative to the largest value: PFFFT has 1.4e-7
 * to 1e-6.
 */
const ROUNDING = 2e-6;

/** The transform by its definition, in 64 bits, packed as {@link RealFft.spectrum}. */
function directDft(time: ArrayLike<number>): Float64Array {
  const size = time.length;
  const out = new Float64Array(size);
  for (let k = 0; k <= size / 2; k++) {
    let [re, im] = [0, 0];
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * ((k * n) % size)) / size;
      re += time[n] * Math.cos(angle);
      im += time[n] * Math.sin(angle);
    }
    if (k === 0) out[0] = re;
    else if (k === size / 2) out[1] = re;
    else out.set([re, im], 2 * k);
  }
  return out;
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const largest = Math.max(1e-30, ...Array.from(wanted, Math.abs));
  const furthest = Math.max(...Array.from(wanted, (x, i) => Math.abs(x - found[i])));
  expect(furthest / largest).toBeLessThan(ROUNDING);
}

/** Samples from a fixed sequence, in [-1, 1). */
function samples(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => (state = (state * 48_271) % 2_147_483_647) / 2 ** 30 - 1); // Park and Miller 1988
}

describe("the real FFT", () => {
  it.each([32, 96, 160, 256, 960])("of %i points is the discrete Fourier transform", async (size) => {
    const fft = await RealFft.create(size);
    fft.time.set(samples(size, 7));
    const wanted = directDft(fft.time);
    fft.forward();
    expectClose(fft.spectrum, wanted);
  });

  it("comes back scaled by its size", async () => {
    const fft = await RealFft.create(960);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 2 }), async (seed) => {
        const time = samples(960, seed);
        fft.time.set(time);
        fft.forward();
        fft.backward();
        expectClose(
          fft.time.map((x) => x / 960),
          time,
        );
      }),
      { numRuns: 20 },
    );
  });

  it("keeps the energy (Parseval)", async () => {
    const fft = await RealFft.create(960);
    fft.time.set(samples(960, 99));
    const energy = fft.time.reduce((sum, x) => sum + x * x, 0);
    fft.forward();
    const [first, middle, ...rest] = fft.spectrum;
    const inner = rest.reduce((sum, x) => sum + x * x, 0);
    expect((first ** 2 + middle ** 2 + 2 * inner) / 960 / energy).toBeCloseTo(1, 5);
  });

  it("puts a cosine into its bin and nowhere else", async () => {
    const fft = await RealFft.create(960);
    for (const bin of [1, 40, 479]) {
      fft.time.forEach((_, n) => (fft.time[n] = Math.cos((2 * Math.PI * bin * n) / 960)));
      fft.forward();
      const wanted = new Float32Array(960);
      wanted[2 * bin] = 480;
      expectClose(fft.spectrum, wanted);
    }
  });

  it("has buffers of its own for each size, which stay in place however many ask for them", async () => {
    const [a, b] = [await RealFft.create(64), await RealFft.create(128)];
    a.time.fill(1);
    b.time.fill(2);
    a.forward();
    expect([a.spectrum[0], b.time[0], a.time[0]]).toEqual([64, 2, 1]);
    for (let i = 0; i < 3000; i++) expect(await RealFft.create(64)).toBe(a); // with one for each, memory grew and moved at the 1069th
    expect(a.time).toHaveLength(64);
  });

  it("refuses sizes that it cannot do", async () => {
    for (const size of [0, -32, 31, 33, 7 * 32, 961, 32.5, Number.NaN]) await expect(RealFft.create(size)).rejects.toThrow(RangeError);
    const fft = await RealFft.create(32); // the others have not broken it
    fft.time.fill(1);
    fft.forward();
    expect(fft.spectrum[0]).toBe(32);
  });
});
