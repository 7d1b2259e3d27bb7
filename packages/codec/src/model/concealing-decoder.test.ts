import { describe, expect, it } from "vitest";
import { ConcealingDecoder, type FramePredictor } from "./concealing-decoder.ts";

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

/** A decoder that notes what it is asked, with a predictor that adds the first codes of all frames it is shown. */
function noting(): { readonly decoder: ConcealingDecoder; readonly asked: string[] } {
  const asked: string[] = [];
  const none = async (): Promise<void> => {};
  const inner = {
    push: async (codes: Int16Array) => (asked.push([...codes].join()), new Float32Array(10).fill(1)),
    flush: async () => new Float32Array(0),
    reset: none,
    save: async () => ({}),
    restore: none,
    setGains: async (gains: Float32Array) => void asked.push(`gains ${[...gains].join()}`),
    close: none,
  };
  const predictor: FramePredictor = {
    predict: (past, next) =>
      Int16Array.of(
        [...past, ...(next ? [next] : [])].reduce((sum, { codes }) => sum + codes[0], 0),
        7,
      ),
  };
  return { decoder: new ConcealingDecoder(inner, 2, async () => predictor), asked };
}

describe("a decoder that predicts", () => {
  it("holds until three frames are known, then asks for what lies between them and the next, also of frames made up", async () => {
    const { decoder, asked } = noting();
    await decoder.push(Int16Array.of(1, 0, 2, 0));
    await decoder.conceal();
    await decoder.push(Int16Array.of(3, 0));
    await decoder.conceal();
    await decoder.conceal(Int16Array.of(100));
    expect(asked).toEqual(["1,0,2,0", "2,0", "3,0", "6,7", "111,7"]);
  });

  it("hears a frame that was made up with all layers, and goes on with the gains of before", async () => {
    const { decoder, asked } = noting();
    await decoder.setGains(Float32Array.of(1, 0));
    await decoder.push(Int16Array.of(1, 0, 2, 0, 3, 0));
    await decoder.conceal();
    expect(asked).toEqual(["gains 1,0", "1,0,2,0,3,0", "gains 1,1", "6,7", "gains 1,0"]);
  });

  it("fades as one that holds, and goes on in another decoder from what was saved", async () => {
    const [first, second] = [noting(), noting()];
    await first.decoder.push(Int16Array.of(1, 0, 2, 0, 3, 0));
    await first.decoder.conceal();
    await second.decoder.restore(await first.decoder.save());
    expect(ends(await second.decoder.conceal())).toEqual([[0.97, 0.7]]);
    expect(second.asked).toEqual(["11,7"]);
  });
});
