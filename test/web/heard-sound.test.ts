import { readAudio } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { englishClip } from "../root.ts";
import { compareSounds, type Recording } from "./heard-sound.ts";

const clip = await readAudio(englishClip);
const BLOCK = 512;

/** A recording that begins at a moment, and whose sound card stands still for a while after a third of it. */
function recorded(samples: Float32Array, { beganMs = 1_000_000, stoodMs = 0 } = {}): Recording {
  const { sampleRate } = clip;
  const blocks = Math.floor(samples.length / BLOCK);
  const at = (i: number): number => beganMs + (1000 * i * BLOCK) / sampleRate + (i > blocks / 3 ? stoodMs : 0);
  return { samples: samples.subarray(0, blocks * BLOCK), sampleRate, blockMs: Array.from({ length: blocks }, (_, i) => at(i)) };
}

/** The clip, later by so many ms, from a moment on by others. */
function later(ms: number, thenMs = ms): Float32Array {
  const [first, then] = [ms, thenMs].map((delay) => Math.round((delay * clip.sampleRate) / 1000));
  const half = clip.samples.length >> 1;
  return clip.samples.map((_, i) => clip.samples[i - (i < half ? first : then)] ?? 0);
}

describe("what is heard beside what was said", () => {
  const said = recorded(clip.samples);

  it("is late by what it is late, on recordings that begin at different times", () => {
    const { delayMs, stoi } = compareSounds(said, recorded(later(250).subarray(4800), { beganMs: 1_000_200 }));
    expect(delayMs).toBeCloseTo(250, 0);
    expect(stoi).toBeGreaterThan(0.99);
  });

  it("is understood where its delay changes on the way", () => {
    const { delayMs, stoi } = compareSounds(said, recorded(later(300, 240)));
    expect([300, 240]).toContainEqual(expect.closeTo(delayMs, 0));
    expect(stoi).toBeGreaterThan(0.9);
  });

  it("is as late as it was where a sound card stood still before", () => {
    const { delayMs, stoi } = compareSounds(recorded(clip.samples, { stoodMs: 70 }), recorded(later(250), { stoodMs: 70 }));
    expect(delayMs).toBeCloseTo(250, 0);
    expect(stoi).toBeGreaterThan(0.99);
  });

  it("is not understood where it is something else", () => {
    const other = clip.samples.slice().reverse();
    expect(compareSounds(said, recorded(other)).stoi).toBeLessThan(0.45);
  });

  it("is refused where it is too short, and named where it is later than a second", () => {
    expect(() => compareSounds(recorded(clip.samples.subarray(0, 24_064)), said)).toThrow(/compare 1\.00 s .* 6\.5 s at least/);
    expect(() => compareSounds(said, recorded(new Float32Array(0)))).toThrow(/at least/);
    expect(() => compareSounds(said, recorded(later(1400)))).toThrow(/1400 ms later: a second at most/);
  });
});
