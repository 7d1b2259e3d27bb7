import { type EvaluationResults, UNPROCESSED } from "../evaluation/results.ts";
import { mainCondition } from "./tables.ts";

/** Failures that are listed by name. */
const LISTED_FAILURES = 40;

/**
 * What the means leave out, a line each: measures without a value for some clips, in the main
 * condition; and failures.
 */
export function omissions(results: EvaluationResults): string[] {
  const { failures } = results;
  const listed = failures
    .slice(0, LISTED_FAILURES)
    .map(({ clip, condition, codec, reason }) => `${[clip, condition, codec].filter((name) => name !== undefined).join(", ")}: ${reason}`);
  const more = failures.length - listed.length;
  return [...gaps(results), ...listed, ...(more > 0 ? [`and ${more} more failures`] : [])];
}

/** Measures that lack as many values as each other share a line. */
function gaps(results: EvaluationResults): string[] {
  const labels = new Map<string, string[]>();
  for (const { id, label } of results.measures) {
    const where = gapOf(results, id);
    if (where !== undefined) labels.set(where, [...(labels.get(where) ?? []), label]);
  }
  return [...labels].map(
    ([where, own]) => `no value for ${where}, being silent, too short, spoken anew or without what is measured: ${own.join(", ")}`,
  );
}

/**
 * Clips without a value of a measure: through every codec, or through the one that has most of
 * them.
 */
function gapOf(results: EvaluationResults, measure: string): string | undefined {
  const condition = mainCondition(results);
  const own = results.means.filter(
    (mean) => mean.measure === measure && mean.condition === condition && mean.against === "clean" && mean.codec !== UNPROCESSED,
  );
  const most = Math.max(0, ...own.map(({ undefinedCount }) => undefinedCount));
  if (most === 0) return undefined;
  const worst = own.filter(({ undefinedCount }) => undefinedCount === most);
  return `${most} of ${results.clips.length} clips${worst.length < own.length ? ` through ${worst[0].codec}` : ""}`;
}
