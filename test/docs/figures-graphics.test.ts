/** The tables of a graphics card, from made-up results: what is missed says so, what is missing too. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { root } from "../root.ts";

interface Row {
  readonly engine: string;
  readonly [key: string]: unknown;
}
interface Results {
  readonly measured: { readonly card: string };
  readonly rows: Row[];
}
const { cardFigures } = (await import(pathToFileURL(join(root, "scripts/figures-graphics.mjs")).href)) as {
  cardFigures: (results: Results) => string[];
};

const folder = mkdtempSync(join(tmpdir(), "twelvehz-figures-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A line as bench/graphics/measure.mjs prints it. */
function row(engine: string, task: string, group: number, streams: number, xRealTime: number, more: object = {}): Row {
  return { engine, task, weights: "float32", group, streams, xRealTime, device: "Made-up card", ...more };
}

function collected(): Results {
  const lines: Record<string, Row[]> = {
    kernels: [
      row("kernels", "decode", 1, 1, 40, { firstRunMs: 3.4, megabytes: 484 }),
      row("kernels", "decode", 1, 4, 79),
      row("kernels", "decode", 4, 1, 90),
      row("kernels", "decode", 12, 1, 120, { megabytes: 640 }),
      row("kernels", "decode", 12, 1, 130, { weights: "float16", megabytes: 429 }),
      row("kernels", "encode", 12, 1, 150),
    ],
    opening: ["cpu", "webgpu"].flatMap((device, i) =>
      [true, false].map((isFirst) => ({ engine: "opening", device, isFirst, openMs: 3000 + (isFirst ? 4000 : 2500) * i })),
    ),
    pytorch: [{ engine: "pytorch", task: "decode", group: 1, streams: 1, xRealTime: 50, device: "Made-up card" }],
  };
  for (const [name, rows] of Object.entries(lines))
    writeFileSync(join(folder, `${name}.jsonl`), rows.map((one) => `${JSON.stringify(one)}\n`).join(""));
  writeFileSync(
    join(folder, "machine.json"),
    JSON.stringify({ model: "full, seed 11", commit: "abc", date: "2026-01-01", machine: "a processor", node: "20" }),
  );
  writeFileSync(join(folder, "card.txt"), "Made-up card, 1.2.3\n");
  execFileSync(process.execPath, [join(root, "bench/graphics/collect.mjs"), folder, join(folder, "out.json")]);
  return JSON.parse(readFileSync(join(folder, "out.json"), "utf8")) as Results;
}

it("has a row for each engine that was measured, with the card's name, and judges what was promised", () => {
  const lines = cardFigures(collected());
  expect(lines[0]).toContain("| Made-up card |");
  expect(lines).toContain("| this library | 40.0 / 90.0 / 120.0 | 79.0 / – / – | – / – / 150.0 | 3 | 640 |");
  expect(lines).toContain("| the same, decoder in float16 | – / – / 130.0 | – / – / – | – / – / – | – | 429 |");
  expect(lines).toContain("| PyTorch float32 | 50.0 / – / – | – / – / – | – / – / – | – | – |");
  expect(lines.some((line) => line.includes("ONNX Runtime"))).toBe(false);
  expect(lines.filter((line) => /kept|missed|not measured/.test(line))).toEqual([
    "| decode at least 30 x at 1 frame a run | 40.0 x | kept |",
    "| decode at least 100 x at 12 | 120.0 x | kept |",
    "| more than PyTorch float32 at 1 frame | 40.0 x | **missed** |",
    "| more than PyTorch float32 at 4 frames | – | not measured |",
    "| 4 streams at least twice the throughput of 1 | 2.0 x | **missed** |",
    "| 15 s both ways under 0.32 s | 0.23 s | kept |",
    "| opening for the first time, with the check, at most 3 s longer than on the processor | 4.00 s | **missed** |",
    "| opening later, at most 3 s longer | 2.50 s | kept |",
  ]);
  expect(lines.at(-1)).toContain("a processor, driver Made-up card, 1.2.3, Node 20, commit abc, 2026-01-01");
});

it("refuses a rehearsal, and results without a line of our kernels", () => {
  const collect = (): unknown => execFileSync(process.execPath, [join(root, "bench/graphics/collect.mjs"), folder], { stdio: "pipe" });
  writeFileSync(join(folder, "machine.json"), JSON.stringify({ model: "tiny, seed 7" }));
  expect(collect).toThrow(/holds "tiny, seed 7" on Made-up card, which says nothing of speed/);
  rmSync(join(folder, "kernels.jsonl"));
  expect(collect).toThrow(/holds no line of our kernels/);
});
