// The fine-tuning rows of the published package: one JSON object a line, with `audio_codes`,
// [T][K].
import type { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import type { GridReading } from "./code-grid.ts";
import { alone, codesOfRows, holderOf, isRecord, parseJson } from "./codes-json.ts";

/** One line of a JSONL file. */
export interface CodesRow {
  /** From `audio_codes`, or `codes` where that is not there. */
  readonly codes: Codes;
  /** The other fields of the line, such as `audio`, `text` and `ref_audio`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Rows as JSONL in UTF-8: the other fields first, `audio_codes` last. Model and sample count are
 * left out.
 */
export function serializeJsonl(rows: readonly CodesRow[]): Uint8Array {
  const lines = rows.map(({ codes, fields }) => {
    const { audio_codes: _, ...others } = fields;
    const audioCodes = Array.from({ length: codes.frames }, (_, t) => Array.from(codes.frame(t)));
    return `${JSON.stringify({ ...others, audio_codes: audioCodes })}\n`;
  });
  return new TextEncoder().encode(lines.join(""));
}

/**
 * Rows of a JSONL file; empty lines are skipped.
 * @throws CodecError `bad-format` with the line that is no such row, `bad-codes` for a wrong shape
 * or code
 */
export function parseJsonl(bytes: Uint8Array, options: GridReading = {}): CodesRow[] {
  const rows: CodesRow[] = [];
  for (let start = 0, number = 1; start < bytes.length; number++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    if (line.some((byte) => byte !== 0x20 && byte !== 0x0d && byte !== 0x09)) rows.push(parseRow(line, number, options));
    start = end + 1;
  }
  return rows;
}

function parseRow(line: Uint8Array, number: number, options: GridReading): CodesRow {
  const where = `line ${number} of the JSONL file`;
  const value = parseJson(line, where);
  const holder = isRecord(value) ? holderOf(value) : undefined;
  if (!isRecord(value) || !holder) {
    throw new CodecError(
      "bad-format",
      `Cannot read ${where}: an object with "audio_codes" or "codes" is wanted; prepare the rows with codes first`,
    );
  }
  const key = (holder.audio_codes ?? undefined) === undefined ? "codes" : "audio_codes";
  const { [key]: rows, ...rest } = holder;
  const fields = holder === value ? rest : value; // what lies deeper stays as it is
  return { codes: codesOfRows(alone(rows), where, options), fields };
}
