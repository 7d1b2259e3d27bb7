import { expect, test } from "vitest";
import { referenceScores } from "./reference-scores.ts";

test.each(["pesq", "stoi"] as const)("this codec with fewer layers and Opus at lower rates score less in %s", (measure) => {
  const scores = referenceScores(measure);
  for (const kind of ["layers", "opus"]) {
    const counts = scores.filter((row) => row.kind === kind).map(({ count }) => count);
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  }
});
