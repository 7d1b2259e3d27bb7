import { expect, it } from "vitest";
import { mutualInformation } from "./mutual-information.ts";
import { shuffled } from "./shuffled.ts";

const labels = Int16Array.from({ length: 3000 }, (_, i) => i % 4);

it("a label tells all of itself", () => {
  const found = mutualInformation(labels, labels);
  expect(found.bits).toBeCloseTo(2, 9);
  expect(found.ofBits).toBeCloseTo(2, 9);
  expect(found.byChance).toBeLessThan(0.01);
});

it("a label tells half of one that is twice as fine", () => {
  expect(
    mutualInformation(
      labels.map((label) => label >> 1),
      labels,
    ).bits,
  ).toBeCloseTo(1, 9);
});

it("labels that have nothing to do with each other tell no more than chance", () => {
  const found = mutualInformation(shuffled(labels, 5), labels);
  expect(found.bits).toBeLessThan(0.01);
  expect(found.byChance).toBeLessThan(0.01);
});
