import type { StoredRow } from "./arrow-batch.ts";
import { rowChecksum } from "./corpus-row.ts";

/** What shows that a row is not as it was written; undefined where it is. */
export function damageOf(row: StoredRow): string | undefined {
  return rowChecksum(row) === row.crc32c ? undefined : "its checksum differs, a byte of it has changed";
}
