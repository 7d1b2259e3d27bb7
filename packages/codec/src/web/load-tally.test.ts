import { expect, test } from "vitest";
import type { LoadProgress } from "./engine-start.ts";
import { LoadTally } from "./load-tally.ts";

test("files are added up, and the total is known when that of each is", () => {
  const told: LoadProgress[] = [];
  const tally = new LoadTally(2, (progress) => told.push(progress));
  const [weights, runtime] = [tally.part(0), tally.part(1)];
  weights({ loadedBytes: 10, totalBytes: 100 });
  runtime({ loadedBytes: 0, totalBytes: 50 });
  runtime({ loadedBytes: 50, totalBytes: 50 });
  weights({ loadedBytes: 100, totalBytes: 100 });
  expect(told.map(({ loadedBytes, totalBytes }) => [loadedBytes, totalBytes])).toEqual([
    [10, undefined],
    [10, 150],
    [60, 150],
    [150, 150],
  ]);
});
