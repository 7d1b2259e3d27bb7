import { expect, it } from "vitest";
import { FramesWaiting } from "./frames-waiting.ts";

it("frames that wait are taken together, and too many are left out and counted, the oldest first", () => {
  const waiting = new FramesWaiting();
  const add = (from: number, to: number): void => {
    for (let i = from; i < to; i++) waiting.add(Float32Array.of(i));
  };
  expect(waiting.isEmpty).toBe(true);
  add(0, 8);
  expect(waiting.take()).toEqual({ missed: 0, samples: Float32Array.from({ length: 8 }, (_, i) => i) });
  add(8, 18);
  expect(waiting.take()).toEqual({ missed: 5, samples: Float32Array.of(13, 14, 15, 16, 17) });
  expect([waiting.isEmpty, waiting.take()]).toEqual([true, { missed: 0, samples: new Float32Array(0) }]);
  add(0, 9);
  waiting.clear();
  expect(waiting.take().missed).toBe(0);
});
