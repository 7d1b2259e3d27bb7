import { CLEAN, type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import type { Interval } from "../evaluation/statistics.ts";
import { MeanTable } from "../evaluation/summary.ts";
import { omissions } from "./omissions.ts";
import { delayText, mainMeasures } from "./tables.ts";

/**
 * The main table, and one like it for every other condition with the unprocessed clips on top, as
 * text for a terminal.
 */
export function textTables(results: EvaluationResults): string {
  const tables = results.conditions.map((condition) => `${condition}\n${aligned(tableOf(results, condition))}`);
  const left = omissions(results).map((line) => `  left out: ${line}\n`);
  const clips = results.clips.length === 1 ? "1 clip" : `${results.clips.length} clips, mean ± half the 95 % interval`;
  return `${tables.join("\n")}${left.join("")}${clips}\n`;
}

function tableOf(results: EvaluationResults, condition: string): string[][] {
  const means = new MeanTable(results);
  const measures = mainMeasures(results);
  const values = (codec: string): string[] => measures.map(({ id, decimals }) => shown(means.find(codec, condition, id), decimals));
  const rows = results.codecs.map((cost) => [cost.codec, cost.kilobitsPerSecond.toFixed(2), delayText(cost), ...values(cost.codec)]);
  const unprocessed = condition === CLEAN ? [] : [[UNPROCESSED, "", "", ...values(UNPROCESSED)]];
  return [["", "kbit/s", "delay ms", ...measures.map(({ label }) => label)], ...unprocessed, ...rows];
}

/** One value has no interval. */
function shown(interval: Interval | undefined, decimals: number): string {
  if (!interval) return "–";
  return `${interval.mean.toFixed(decimals)}${interval.count > 1 ? ` ± ${interval.halfWidth.toFixed(decimals)}` : ""}`;
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => `  ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  ")}\n`)
    .join("");
}
