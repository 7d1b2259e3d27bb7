/** The table of what was wanted of the library for small devices: what is missed says so. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { root } from "../root.ts";

interface Run {
  batch: number;
  bits: number;
  flags: string[];
  cycles: number;
  meanInstructions: number;
}
interface Results {
  codeBytes: number;
  bothBlobBytes: Record<string, number>;
  decoders: Run[];
  encoders: Run[];
}
const { embeddedGoals } = (await import(pathToFileURL(join(root, "scripts/figures-embedded.mjs")).href)) as {
  embeddedGoals: (results: Results) => string[];
};
const results = (): Results => JSON.parse(readFileSync(join(root, "bench/results/embedded.json"), "utf8")) as Results;
const rowOf = (found: Results, name: string): string => embeddedGoals(found).find((row) => row.startsWith(`| ${name} |`))!;

it.each<[string, (results: Results, by: number) => void]>([
  ["blob of both halves and code, 4 bits", (found, by) => (found.bothBlobBytes["4"] = 12_000_000 - found.codeBytes + by)],
  ["instructions of a frame, without", ({ decoders }, by) => decoders.forEach((run) => (run.meanInstructions = 30e6 + by))],
  ["cycles of a frame, with assembly", ({ decoders }, by) => decoders.forEach((run) => (run.cycles = 26e6 + by))],
  ["cycles of a frame of the encoder, with assembly", ({ encoders }, by) => encoders.forEach((run) => (run.cycles = 19e6 + by))],
])("%s: kept up to the limit, and missed past it", (name, change) => {
  const found = results();
  change(found, 0);
  expect(rowOf(found, name)).toContain("| kept |");
  change(found, 1);
  expect(rowOf(found, name)).toContain("| **missed**");
});

it("names the runs that miss, with what they have", () => {
  const found = results();
  found.decoders.forEach((run) => (run.cycles = 20e6));
  found.decoders.find(({ bits, flags }) => bits === 4 && flags.length > 0)!.cycles = 27e6;
  expect(rowOf(found, "cycles of a frame, without")).toContain("**missed** (1 frame a call, 4 bits, without assembly: 27.0 M)");
});

it("the README has the table", () => {
  expect(readFileSync(join(root, "embedded/README.md"), "utf8")).toContain(embeddedGoals(results()).join("\n"));
});
