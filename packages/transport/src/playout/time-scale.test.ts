import { describe, expect, it } from "vitest";
import { lengthened, shortened } from "./time-scale.ts";

const RATE = 24_000;
const frame = (sample: (i: number) => number): Float32Array => Float32Array.from({ length: 1920 }, (_, i) => sample(i));
const steepest = (samples: Float32Array): number =>
  samples.reduce((most, x, i) => (i === 0 ? 0 : Math.max(most, Math.abs(x - samples[i - 1]))), 0);

describe.each([
  ["shortened", shortened, -1],
  ["lengthened", lengthened, 1],
])("%s speech", (_, changed, sign) => {
  it.each([100, 160, 240])("of a voice of %i Hz differs by whole periods, without a jump", (hertz) => {
    const voice = frame((i) => 0.3 * Math.sin((2 * Math.PI * hertz * i) / RATE) + 0.1 * Math.sin((6 * Math.PI * hertz * i) / RATE));
    const out = changed(voice, RATE, 40);
    const periods = (sign * (out.length - voice.length) * hertz) / RATE;
    expect(periods).toBeGreaterThan(0.9);
    expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.05);
    expect(steepest(out)).toBeLessThan(1.1 * steepest(voice));
  });

  it("differs by no more than it may, and not at all where that is too little", () => {
    const voice = frame((i) => 0.3 * Math.sin((2 * Math.PI * 200 * i) / RATE));
    const differs = sign * (changed(voice, RATE, 8).length - voice.length);
    expect(differs).toBeGreaterThan(0);
    expect(differs).toBeLessThanOrEqual(0.008 * RATE);
    expect(changed(voice, RATE, 2)).toBe(voice);
  });

  it("of silence differs by as much as it may", () => {
    expect(changed(new Float32Array(1920), RATE, 40)).toHaveLength(1920 + sign * 0.015 * RATE);
    expect(changed(new Float32Array(1920), RATE, 10)).toHaveLength(1920 + sign * 0.01 * RATE);
  });

  it("is the same sound where no place is like another", () => {
    const sweep = frame((i) => 0.3 * Math.sin(0.000_9 * i * i));
    expect(changed(sweep, RATE, 40)).toBe(sweep);
    const short = new Float32Array(700);
    expect(changed(short, RATE, 40)).toBe(short);
  });
});
