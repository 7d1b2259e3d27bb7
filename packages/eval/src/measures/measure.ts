import type { Audio } from "@twelvehz/codec";
import { SHORTEST_SECONDS } from "./pair.ts";

/** What is known of a measure without computing it. */
export interface MeasureInfo {
  /** Unique, for programs: a column of CSV, a key of JSON. */
  readonly id: string;
  /** For people, such as `PESQ-WB`. */
  readonly label: string;
  /** Unit of the values; empty where they have none. */
  readonly unit: string;
  /** Which values are good: the highest, the lowest, or those next to zero. */
  readonly better: "higher" | "lower" | "zero";
  /** Digits after the point that are worth showing. */
  readonly decimals: number;
  /** Clips that are shorter have no value, seconds. */
  readonly shortestSeconds: number;
  /** One line: what it says, by which source; for a neural measure, which model made it. */
  readonly description: string;
  /**
   * Whether it hears the degraded clip alone, so that it also makes sense where that has a timing
   * of its own. Default false.
   */
  readonly noReference?: boolean | undefined;
  /** Whether it belongs in the main table. */
  readonly main?: boolean | undefined;
}

/**
 * Values of one pair of clips by the measures' ids. A value that is undefined or not finite is
 * missing.
 */
export type MeasureValues = Readonly<Record<string, number>>;

/** Measures that are computed together. */
export interface MeasureFamily {
  readonly measures: readonly MeasureInfo[];
  /**
   * Compares two clips of one rate and one length.
   * @returns a value for every measure of the family; undefined or not finite = no value for this
   * pair
   */
  compute(reference: Audio, degraded: Audio): MeasureResult | Promise<MeasureResult>;
}

/** What a family says of a pair. */
export type MeasureResult = Readonly<Record<string, number | undefined>>;

/**
 * What is known of a measure; without unit and shortest clip it has none, and
 * {@link SHORTEST_SECONDS}.
 */
export function measureInfo(
  fields: Omit<MeasureInfo, "shortestSeconds" | "unit"> & Partial<Pick<MeasureInfo, "shortestSeconds" | "unit">>,
): MeasureInfo {
  return { unit: "", shortestSeconds: SHORTEST_SECONDS, ...fields };
}

/** A family of one. */
export function singleMeasure(measure: MeasureInfo, compute: (reference: Audio, degraded: Audio) => number | undefined): MeasureFamily {
  return { measures: [measure], compute: (reference, degraded) => ({ [measure.id]: compute(reference, degraded) }) };
}

/** A share from 0 to 1 in percent. */
export function percentOf(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}
