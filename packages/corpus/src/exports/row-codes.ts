import { Codes, serializeCodes } from "@twelvehz/codec/node";
import type { CorpusInfo } from "../corpus-info.ts";
import type { StoredRow } from "../rows/arrow-batch.ts";

/** The codes of a row with all that they say of themselves. */
function codesOf({ codes, sampleCount }: StoredRow, { spec }: CorpusInfo): Codes {
  return new Codes(codes, spec.layers, { ...spec, sampleCount });
}

/** The codes of a row as a file. */
export function codesFile(row: StoredRow, info: CorpusInfo, format: "npy" | "t12"): Uint8Array {
  return serializeCodes(codesOf(row, info), format);
}
