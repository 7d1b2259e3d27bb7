import type { CorpusInfo } from "../corpus-info.ts";
import type { StoredRow } from "../rows/arrow-batch.ts";

/** What a writer of one form gets. */
export interface ExportJob {
  readonly info: CorpusInfo;
  /** A new, empty folder. */
  readonly folder: string;
  /** The rows of a shard, in order. */
  rowsOf(shard: number): AsyncGenerator<StoredRow>;
  /** All rows, in order. */
  rows(): AsyncGenerator<StoredRow>;
}

/** What stands beside codes in JSON: everything of a row but its codes and checksum; other fields first. */
export function aboutRow(row: StoredRow): Record<string, unknown> {
  const { id, text, speaker, language, source, offset, frames, sampleCount, duration, sourceRate, levelDb, silence, extra } = row;
  const known = { id, text, speaker, language, source, offset, frames, sample_count: sampleCount, duration, source_rate: sourceRate };
  return { ...(JSON.parse(extra ?? "{}") as object), ...known, level_db: levelDb, silence };
}

/** A number of a shard, `000012`. */
export function sixDigits(index: number): string {
  return String(index).padStart(6, "0");
}
