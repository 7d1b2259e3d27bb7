import { describe, expect, it } from "vitest";
import { ConcealingDecoder } from "./concealing-decoder.ts";

/** Two layers; a frame gives ten samples of its first code. */
function opened(): ConcealingDecoder {
  const none = async (): Promise<void> => {};
  return new ConcealingDecoder(
    {
      push: async (codes) => Float32Array.from({ length: codes.length * 5 }, (_, i) => codes[2 * Math.floor(i / 10)]),
      flush: async () => Float32Array.of(1, 1),
      reset: none,
      save: async () => ({}),
      restore: none,
      setGains: none,
      close: none,
    },
    2,
  );
}

/** First and last sample of each ten. */
const ends = (samples: Float32Array): number[][] =>
  Array.from({ length: samples.length / 10 }, (_, t) => [samples[10 * t], samples[10 * t + 9]].map((x) => Math.round(x * 100) / 100));

describe("a decoder that conceals", () => {
  it("changes nothing of clips without loss", async () => {
    const decoder = opened();
    expect(ends(await decoder.push(Int16Array.of(3, 0, 4, 0)))).toEqual([
      [3, 3],
      [4, 4],
    ]);
    expect(await decoder.push(new Int16Array(0))).toHaveLength(0);
    expect([...(await decoder.flush())]).toEqual([1, 1]);
  });

  it("holds the last frame, fades out over five lost ones, stays silent, and fades in with the next frame", async () => {
    const decoder = opened();
    await decoder.push(Int16Array.of(7, 0, 1, 0));
    const lost = [];
    for (let t = 0; t < 6; t++) lost.push(...ends(await decoder.conceal()));
    expect(lost).toEqual([
      [1, 1],
      [0.97, 0.7],
      [0.67, 0.4],
      [0.38, 0.2],
      [0.18, 0],
      [0, 0],
    ]);
    expect(ends(await decoder.push(Int16Array.of(2, 0, 2, 0)))).toEqual([
      [0.2, 2],
      [2, 2],
    ]);
  });

  it("is silent before the first frame, and as new after flush and reset", async () => {
    const decoder = opened();
    expect(ends(await decoder.conceal())).toEqual([[0, 0]]);
    for (const end of [() => decoder.flush(), () => decoder.reset()]) {
      await decoder.push(Int16Array.of(5, 0));
      for (let t = 0; t < 3; t++) await decoder.conceal();
      await end();
      expect(ends(await decoder.push(Int16Array.of(6, 0)))).toEqual([[6, 6]]);
    }
  });
});
