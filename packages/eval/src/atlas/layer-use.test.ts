import { expect, it } from "vitest";
import { layerUse } from "./layer-use.ts";

it("entries that are used evenly are all in use", () => {
  const use = layerUse(
    Int16Array.from({ length: 6400 }, (_, i) => i % 64),
    64,
  );
  expect(use).toMatchObject({ deadEntries: 0 });
  expect(use.entropyBits).toBeCloseTo(6, 9);
  expect(use.perplexity).toBeCloseTo(64, 6);
  expect(use.ifEven.perplexity).toBeGreaterThan(63);
});

it("two entries of many have a perplexity of 2", () => {
  const use = layerUse(
    Int16Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 3 : 60)),
    64,
  );
  expect(use.perplexity).toBeCloseTo(2, 9);
  expect(use.deadEntries).toBe(62);
});

it("few frames cannot show many entries, and the bound says so", () => {
  const use = layerUse(
    Int16Array.from({ length: 100 }, (_, i) => i),
    2048,
  );
  expect(use.perplexity).toBeCloseTo(100, 6);
  expect(use.ifEven.deadEntries).toBeGreaterThan(2048 - 101);
  expect(use.ifEven.deadEntries / 2048).toBeCloseTo((1 - 1 / 2048) ** 100, 2);
});
