import { expect, it } from "vitest";
import { Codec } from "./codec.ts";
import { Codes } from "./codes/codes.ts";
import type { Engine, FrameDecoder } from "./runtime/engine.ts";

/** An engine whose decoders give each code as a sample; it counts those that are open. */
function counting(count: { open: number; most: number; opened: number }): Engine {
  const decoder = (): Partial<FrameDecoder> => ({
    setGains: async () => undefined,
    push: async (codes) => Float32Array.from(codes),
    flush: async () => new Float32Array(0),
    close: async () => void count.open--,
  });
  return {
    info: {
      name: "counting",
      id: "0",
      layers: 1,
      codebookSize: 100,
      samplesPerFrame: 1,
      sampleRate: 1,
      frameRate: 1,
      traits: {},
    } as Engine["info"],
    openEncoder: () => Promise.reject(new Error("there is none")),
    async openDecoder() {
      count.opened++;
      count.most = Math.max(count.most, ++count.open);
      return decoder() as FrameDecoder;
    },
    close: async () => undefined,
  };
}

function clip(code: number, model?: { name: string; id: string }): Codes {
  return new Codes(Int16Array.of(code), 1, { codebookSize: 100, ...(model && { model }) });
}

it("a batch gives the sounds in the order of the clips, with 16 of them under way at most", async () => {
  const count = { open: 0, most: 0, opened: 0 };
  const codec = new Codec(counting(count));
  const sounds = await codec.decodeBatch(Array.from({ length: 50 }, (_, i) => clip(i)));
  expect(sounds.map(({ samples }) => samples[0])).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(count).toEqual({ open: 0, most: 16, opened: 50 });
  expect(await codec.decodeBatch([])).toEqual([]);
});

it("a batch fails with the first clip that fails, and begins no other", async () => {
  const count = { open: 0, most: 0, opened: 0 };
  const codec = new Codec(counting(count));
  const another = clip(0, { name: "another", id: "f".repeat(32) });
  const clips = [another, ...Array.from({ length: 50 }, (_, i) => clip(i))];
  await expect(codec.decodeBatch(clips)).rejects.toMatchObject({ code: "model-mismatch" });
  expect(count.opened).toBeLessThan(40);
});
