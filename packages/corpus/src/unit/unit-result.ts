/**
 * What a unit has made, one file: its length in JSON (32 bits, little-endian), JSON of rows and
 * rejects, codes of the rows one after the other (int16, little-endian), SHA-256 of all before.
 */
import { createHash } from "node:crypto";
import { endianness } from "node:os";
import { CodecError } from "@twelvehz/codec/node";
import type { CorpusRow } from "../rows/corpus-row.ts";
import type { Reject } from "../rows/reject.ts";
import { type Store, unitKey } from "../store/store.ts";

/** Rows and rejects of a unit, each in the order of its entries. */
export interface UnitResult {
  readonly rows: readonly CorpusRow[];
  readonly rejects: readonly Reject[];
  /** Kind of machine that encoded. */
  readonly machine: string;
}

/** What is known of a unit that is done without its codes. */
export interface UnitSummary {
  readonly clips: number;
  readonly rejects: readonly Reject[];
  /** Seconds of the clips. */
  readonly seconds: number;
}

interface Header {
  readonly rows: readonly Omit<CorpusRow, "codes">[];
  readonly rejects: readonly Reject[];
  readonly machine: string;
}

const DIGEST_BYTES = 32;

/** The bytes of a result. The same result gives the same bytes. */
export function serializeUnit({ rows, rejects, machine }: UnitResult): Uint8Array {
  const header: Header = { rows: rows.map(({ codes: _codes, ...row }) => row), rejects, machine };
  const json = Buffer.from(JSON.stringify(header));
  const codes = rows.reduce((sum, row) => sum + row.codes.length, 0);
  const out = Buffer.alloc(4 + json.length + 2 * codes + DIGEST_BYTES);
  out.writeUInt32LE(json.length);
  json.copy(out, 4);
  let at = 4 + json.length;
  for (const row of rows) for (const code of row.codes) at = out.writeInt16LE(code, at);
  createHash("sha256").update(out.subarray(0, at)).digest().copy(out, at);
  return out;
}

/**
 * Reads a result.
 * @throws CodecError `bad-format` when it is damaged
 */
export function parseUnit(bytes: Uint8Array, name: string): UnitResult {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = file.length - DIGEST_BYTES;
  const whole = end >= 4 && createHash("sha256").update(file.subarray(0, end)).digest().equals(file.subarray(end));
  if (!whole)
    throw new CodecError("bad-format", `Cannot use ${JSON.stringify(name)}: the result of the unit is damaged; remove it and go on`);
  const start = 4 + file.readUInt32LE(0);
  const { rows, rejects, machine } = JSON.parse(file.toString("utf8", 4, start)) as Header;
  const codes = int16Of(file.subarray(start, end));
  const frames = rows.reduce((sum, row) => sum + row.frames, 0);
  const layers = codes.length / Math.max(1, frames);
  let at = 0;
  return {
    rows: rows.map((row) => ({ ...row, codes: codes.subarray(at, (at += row.frames * layers)) })),
    rejects,
    machine,
  };
}

/** Little-endian numbers, copied: they may lie at an odd place. */
function int16Of(bytes: Uint8Array): Int16Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (endianness() === "BE") copy.swap16();
  return new Int16Array(copy.buffer, copy.byteOffset, copy.length / 2);
}

/** What a result says without its codes. */
export function summaryOf({ rows, rejects }: Pick<Header, "rows" | "rejects">): UnitSummary {
  return { clips: rows.length, rejects, seconds: rows.reduce((sum, { duration }) => sum + duration, 0) };
}

/** What a unit that is done says without its codes, which are not read. */
export async function readSummary(store: Store, unit: number): Promise<UnitSummary> {
  const length = Buffer.from(await store.readRange(unitKey(unit), 0, 4)).readUInt32LE(0);
  return summaryOf(JSON.parse(Buffer.from(await store.readRange(unitKey(unit), 4, length)).toString("utf8")) as Header);
}
