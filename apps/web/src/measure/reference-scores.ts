import quality from "../../../../bench/results/quality.json";

/** A codec with its mean score, to compare a score with. */
export interface ReferenceScore {
  /** `layers` is this codec with the first N layers, `opus` the baseline. */
  readonly kind: "layers" | "opus";
  /** N layers, or kbit/s. */
  readonly count: number;
  readonly score: number;
}

/** Held-out clips of which the scores are means. */
export const REFERENCE_CLIPS: number = quality.clips;

/** Mean scores of this codec and of Opus, as `bench/quality` measured them, the best first. */
export function referenceScores(measure: "pesq" | "stoi"): readonly ReferenceScore[] {
  const of = (row: { readonly pesqWb: number; readonly stoi: number }): number => (measure === "pesq" ? row.pesqWb : row.stoi);
  return [
    ...quality.layers.map((row) => ({ kind: "layers" as const, count: row.layers, score: of(row) })),
    ...quality.baselines.map((row) => ({ kind: "opus" as const, count: row.kilobits, score: of(row) })),
  ].sort((a, b) => b.score - a.score);
}
