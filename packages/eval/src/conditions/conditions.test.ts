/** What holds for every condition, and what each is to do. */
import { Audio } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { clipOf, mapped, noise as randomOf, voice } from "@twelvehz/test-support/signals.ts";
import type { Condition } from "../condition.ts";
import { activeSpeechLevel } from "./active-speech-level.ts";
import { clean } from "./clean.ts";
import { level } from "./level.ts";
import { noise } from "./noise.ts";
import { makeNoise, NOISE_KINDS } from "./noise-source.ts";
import { playback } from "./playback.ts";
import { reverberation } from "./reverberation.ts";
import { telephoneBand } from "./telephone-band.ts";
import { twoTalkers } from "./two-talkers.ts";

const random = randomOf(3);
const RECORDINGS = [clipOf(1, () => 0.2 * random()), new Audio(makeNoise("pink", 100_000, 44_100, "recording").samples, 44_100)];
const TALKERS = [voice(1, 180), voice(3, 90)];
const CLIP = voice(1.2, 120);

const CONDITIONS: readonly Condition[] = [
  clean(),
  noise(10, "white"),
  noise(0, "pink"),
  noise(5, "babble"),
  noise(10, RECORDINGS),
  reverberation(0.3),
  twoTalkers(10, TALKERS),
  level(-30),
  telephoneBand(),
  playback("phone"),
];

const rms = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
const decibels = (ratio: number): number => 20 * Math.log10(ratio);
const isSame = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, n) => x === b[n]);
/** What a condition has added. */
const added = (condition: Condition, clip: Audio, key = "k"): Float32Array =>
  condition.apply(clip, key).samples.map((sample, n) => sample - clip.samples[n]);

describe.each(CONDITIONS.map((condition) => [condition.name, condition] as const))("%s", (_, condition) => {
  it("keeps rate and length, and leaves the clip unchanged", () => {
    const before = CLIP.samples.slice();
    const out = condition.apply(CLIP, "k");
    expect([out.sampleRate, out.samples.length]).toEqual([CLIP.sampleRate, CLIP.samples.length]);
    expect(isSame(CLIP.samples, before)).toBe(true);
    expect(out.samples).not.toBe(CLIP.samples);
    expect(out.samples.every((sample) => Number.isFinite(sample))).toBe(true);
  });

  it("makes the same sound of the same clip and key", () => {
    expect(isSame(condition.apply(CLIP, "k").samples, condition.apply(CLIP, "k").samples)).toBe(true);
  });

  it("takes clips of another rate", () => {
    const clip = new Audio(CLIP.samples.subarray(0, 16_000), 16_000);
    expect(condition.apply(clip, "k").samples.length).toBe(16_000);
  });
});

describe("noise", () => {
  it.each([...NOISE_KINDS, "recordings"] as const)("from %s has the asked ratio within 0.1 dB to the RMS of steady sound", (kind) => {
    const steady = clipOf(3, () => 0.3 * random());
    for (const ratio of [-5, 5, 20]) {
      const sound = added(noise(ratio, kind === "recordings" ? RECORDINGS : kind), steady);
      expect(Math.abs(decibels(rms(steady.samples) / rms(sound)) - ratio)).toBeLessThan(0.1);
    }
  });

  it("counts the level of speech without its pauses", () => {
    const spoken = mapped(
      clipOf(4, () => 0.3 * random()),
      (x, i) => (i < 2 * 24_000 ? x : 0),
    );
    const overAll = decibels(rms(spoken.samples) / rms(added(noise(10, "white"), spoken)));
    expect(overAll).toBeGreaterThan(10 - 3.02); // half of the clip is a pause
    expect(overAll).toBeLessThan(10 - 2.2); // of which 0.2 s count as speech
  });

  it("is the same piece at every ratio, and another for another key", () => {
    for (const source of ["pink", RECORDINGS] as const) {
      const [weak, strong, other] = [added(noise(20, source), CLIP), added(noise(0, source), CLIP), added(noise(0, source), CLIP, "other")];
      const pieces = [weak, strong, other].map((sound) => {
        const gain = 1 / rms(sound);
        return sound.map((x) => gain * x);
      });
      expect(Math.max(...pieces[0].map((x, n) => Math.abs(x - pieces[1][n])))).toBeLessThan(1e-3);
      expect(Math.max(...pieces[1].map((x, n) => Math.abs(x - pieces[2][n])))).toBeGreaterThan(0.5);
    }
  });

  it("falls by 3 dB an octave when it is pink, and not when it is white", () => {
    const inBand = (sound: Audio, hertz: number): number => {
      const size = 2400;
      const wave = Float64Array.from({ length: size }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / sound.sampleRate));
      let power = 0;
      for (let at = 0; at + size <= sound.samples.length; at += size)
        power += wave.reduce((sum, w, n) => sum + w * sound.samples[at + n], 0) ** 2;
      return 10 * Math.log10(power);
    };
    const mean = (sound: Audio, from: number): number =>
      [0, 10, 20, 30, 40, 50, 60, 70].reduce((sum, d) => sum + inBand(sound, from + d), 0) / 8;
    const [pink, white] = (["pink", "white"] as const).map((kind) => makeNoise(kind, 240_000, 24_000, "slope"));
    expect(Math.abs(mean(pink, 500) - mean(pink, 4000) - 9)).toBeLessThan(1.5);
    expect(Math.abs(mean(white, 500) - mean(white, 4000))).toBeLessThan(1.5);
  });

  it("changes its loudness over time when it is babble", () => {
    const spread = (kind: "white" | "babble"): number => {
      const { samples } = makeNoise(kind, 240_000, 24_000, "modulation");
      const levels = Array.from({ length: 200 }, (_, i) => decibels(rms(samples.subarray(i * 1200, (i + 1) * 1200))));
      const mean = levels.reduce((sum, x) => sum + x, 0) / levels.length;
      return Math.sqrt(levels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / levels.length);
    };
    expect(spread("babble")).toBeGreaterThan(4 * spread("white"));
  });

  it("refuses silence, on either side", () => {
    const silence = new Audio(new Float32Array(24_000), 24_000);
    expect(() => noise(10, "pink").apply(silence, "k")).toThrow(
      expect.objectContaining({ code: "bad-audio", message: expect.stringMatching(/"pink noise 10 dB": the clip is silence/) }),
    );
    expect(() => noise(10, [silence]).apply(CLIP, "k")).toThrow(/the sound that is added is silence/);
    expect(() => noise(10, [new Audio(new Float32Array(0), 24_000)]).apply(CLIP, "k")).toThrow(/it has no samples/);
  });

  it("refuses impossible ratios and no recordings", () => {
    expect(() => noise(100, "pink")).toThrow(RangeError);
    expect(() => noise(Number.NaN, "pink")).toThrow(RangeError);
    expect(() => noise(10, [])).toThrow(RangeError);
  });
});

describe("twoTalkers", () => {
  it("has the asked ratio of active levels", () => {
    const other = added(twoTalkers(6, TALKERS), CLIP);
    expect(activeSpeechLevel(CLIP)! - activeSpeechLevel(new Audio(other, CLIP.sampleRate))!).toBeCloseTo(6, 1);
  });

  it("never adds the clip to itself", () => {
    for (let key = 0; key < 4; key++) {
      const other = added(twoTalkers(0, [CLIP, TALKERS[0]]), CLIP, String(key));
      const product = other.reduce((sum, x, n) => sum + x * CLIP.samples[n], 0);
      expect(Math.abs(product) / (CLIP.samples.length * rms(other) * rms(CLIP.samples))).toBeLessThan(0.5);
    }
    expect(() => twoTalkers(0, [new Audio(CLIP.samples.slice(), CLIP.sampleRate)]).apply(CLIP, "k")).toThrow(/is the clip itself/);
  });

  it("refuses impossible ratios and no clips", () => {
    expect(() => twoTalkers(-100, TALKERS)).toThrow(RangeError);
    expect(() => twoTalkers(0, [])).toThrow(RangeError);
  });
});

describe("reverberation", () => {
  const impulse = new Audio(new Float32Array(2 * 24_000), 24_000);
  impulse.samples[100] = 1;

  it("keeps the direct sound in its place, and adds as much energy after it", () => {
    const { samples } = reverberation(0.5).apply(impulse, "k");
    expect(samples.subarray(0, 100).every((x) => x === 0)).toBe(true);
    expect(samples[100]).toBe(1);
    expect(samples.subarray(101, 219).every((x) => x === 0)).toBe(true); // 5 ms until the first reflection
    expect(samples.subarray(101).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 2);
  });

  it.each([0.3, 0.5, 1])("decays by 60 dB in %f s", (seconds) => {
    const { samples } = reverberation(seconds).apply(impulse, "k");
    const left = new Float64Array(samples.length + 1); // Schroeder 1965: energy that is still to come
    for (let n = samples.length - 1; n > 100; n--) left[n] = left[n + 1] + samples[n] ** 2;
    const timeAt = (decibel: number): number => left.findIndex((x, n) => n > 100 && 10 * Math.log10(x / left[101]) <= decibel) / 24_000;
    expect(Math.abs((2 * (timeAt(-35) - timeAt(-5))) / seconds - 1)).toBeLessThan(0.05);
  });

  it("is another room for another key", () => {
    const [a, b] = ["a", "b"].map((key) => reverberation(0.5).apply(impulse, key).samples);
    expect(isSame(a, b)).toBe(false);
  });

  it("refuses impossible rooms", () => {
    expect(() => reverberation(0)).toThrow(RangeError);
    expect(() => reverberation(100)).toThrow(RangeError);
  });
});

describe("level", () => {
  it("changes the level by what is asked", () => {
    expect(decibels(rms(level(-30).apply(CLIP, "").samples) / rms(CLIP.samples))).toBeCloseTo(-30, 3);
  });

  it("refuses impossible changes", () => {
    expect(() => level(-1000)).toThrow(RangeError);
  });
});
