import { Audio, Codec } from "@twelvehz/codec";
import { type Engine, type FrameDecoder, type FrameEncoder } from "@twelvehz/codec/internal";
import { describe, expect, it } from "vitest";
import { type AtlasClip, makeAtlas } from "./atlas.ts";
import { atlasJson } from "./atlas-json.ts";
import { atlasPage } from "./atlas-page.ts";
import { ATLAS_SCRIPT } from "./atlas-script.ts";

const FRAME = 1920;
const nothing = async (): Promise<void> => undefined;

/**
 * Layer 0 says how loud a frame is, in steps of 6 dB from 0 to 7; layer 1 counts the frames of a
 * push. Frames come back as a tone of that level.
 */
const encoder: FrameEncoder = {
  async push(samples) {
    const frames = Array.from({ length: samples.length / FRAME }, (_, t) => samples.subarray(t * FRAME, (t + 1) * FRAME));
    const loudness = (frame: Float32Array): number => frame.reduce((max, x) => Math.max(max, Math.abs(x)), 2 ** -7.4);
    return Int16Array.from(frames.flatMap((frame, t) => [-Math.round(Math.log2(loudness(frame))), t % 8]));
  },
  flush: async () => new Int16Array(0),
  reset: nothing,
  save: async () => ({}),
  restore: nothing,
  close: nothing,
};
const decoder = (): FrameDecoder => {
  let gain = 1;
  return {
    push: async (codes) =>
      Float32Array.from({ length: (codes.length / 2) * FRAME }, (_, n) => gain * 2 ** -codes[2 * Math.floor(n / FRAME)] * Math.sin(n / 8)),
    flush: async () => new Float32Array(0),
    reset: nothing,
    save: async () => ({}),
    restore: nothing,
    close: nothing,
    conceal: async () => new Float32Array(0),
    setGains: async (gains) => void (gain = gains[0]),
  };
};
const engine: Engine = {
  info: {
    name: "loudness",
    id: "0".repeat(32),
    family: "published",
    traits: { attention: true, parallelCodecs: false, streamsPerProcessor: 1, plainCodebooks: false },
    sampleRate: 24_000,
    frameRate: 12.5,
    samplesPerFrame: FRAME,
    layers: 2,
    codebookSize: 8,
    decodeDelaySamples: 0,
    backend: "none",
  },
  openEncoder: async () => encoder,
  openDecoder: async () => decoder(),
  close: nothing,
};

/** A tone whose level changes from frame to frame. */
function clip(seed: number): AtlasClip {
  const level = (t: number): number => 2 ** -((t * seed) % 8);
  return {
    name: `${seed}`,
    audio: new Audio(
      Float32Array.from({ length: 28 * FRAME }, (_, n) => level(Math.floor(n / FRAME)) * Math.sin(n / 8)),
      24_000,
    ),
  };
}

describe("an atlas of a codec that is known", () => {
  it("finds that one layer tells the energy, and the other nothing", async () => {
    const { layers, frames, clips } = await makeAtlas(new Codec(engine), [clip(3), clip(5)]);
    expect({ frames, clips }).toEqual({ frames: 56, clips: 2 });
    expect(layers[0].explained.energy?.aboveChance).toBeGreaterThan(0.95);
    expect(layers[0].explained.energy?.heldOut).toBeGreaterThan(0.6);
    expect(layers[0].entries.energy[1]).toBeCloseTo(-9, 0); // half of full scale, a sine
    expect(layers[1].cost["stoi"]?.mean).toBe(0);
    expect(layers[0].cost["detail200to2000"]?.mean).toBeGreaterThan(20);
    expect(layers[0].use.deadEntries).toBe(0);
  });

  it("a model without vectors of its entries has a page without a map", async () => {
    const atlas = await makeAtlas(new Codec(engine), [clip(3)]);
    const page = atlasPage(atlas, "by <hand>");
    expect(page).toContain("there is no map");
    expect(page).toContain("by &#60;hand&#62;");
    expect(page).not.toMatch(/<canvas|NaN|undefined/);
    const json = JSON.parse(atlasJson(atlas, { command: "x" })) as { made: unknown; layers: { entries?: unknown }[] };
    expect(json.made).toEqual({ command: "x" });
    expect((JSON.parse(atlasJson(atlas, {}, { entries: false })) as typeof json).layers[0].entries).toBeUndefined();
  });

  it("clips are cut, and may be left out of the costly part", async () => {
    const atlas = await makeAtlas(new Codec(engine), [{ ...clip(3), costs: false }], { seconds: 0.96 });
    expect(atlas).toMatchObject({ frames: 12, costClips: 0, measures: [] });
    expect(atlasPage(atlas, "")).not.toContain("switching a layer off");
  });

  it("fails when it is cancelled, and without clips", async () => {
    await expect(makeAtlas(new Codec(engine), [clip(3)], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    await expect(makeAtlas(new Codec(engine), [])).rejects.toMatchObject({ code: "bad-codes" });
  });
});

it("the script of the map is valid", () => {
  expect(() => new Function(ATLAS_SCRIPT)).not.toThrow();
});
