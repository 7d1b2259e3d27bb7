/** Data sets in Parquet with a column of sound: bytes, paths, or Hugging Face's `{bytes, path}`. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { Entry, FoundEntry } from "./entry.ts";
import { folderOf, joinAddress, nameOf, readRange, statAddress } from "./files.ts";
import { knownFields, type SourceRecord } from "./record-fields.ts";
import { badLine, recordEntry } from "./record-entry.ts";
import { badManifest, type SourceContext } from "./source.ts";

/** Names of a column of sound, the first that is there is taken. */
const AUDIO_COLUMNS = ["audio", "speech", "sound", "wav", "audio_bytes", "bytes"];
/** Names of a column of paths. */
const PATH_COLUMNS = ["audio_filepath", "file", "path", "audio_path"];

/** A file of Parquet that is open: its bytes on demand, and what it says of itself. */
export interface OpenParquet {
  readonly metadata: FileMetaData;
  /** Reads rows of some columns. */
  rows(columns: readonly string[] | undefined, first: number, end: number): Promise<SourceRecord[]>;
}

/**
 * Opens a file of Parquet; only its footer is read.
 * @throws CodecError `bad-format`, `not-found`
 */
export async function openParquet(address: string): Promise<OpenParquet> {
  const found = await statAddress(address);
  if (!found || found.isFolder) throw new CodecError("not-found", `Cannot read ${JSON.stringify(address)}: there is no such file`);
  const file: AsyncBuffer = {
    byteLength: found.bytes,
    async slice(start, end) {
      const bytes = await readRange(address, start, (end ?? found.bytes) - start);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw badManifest(address, `${messageOf(error)}; it is damaged, or no Parquet: copy it again`);
    }
  };
  const metadata = await attempt(() => parquetMetadataAsync(file));
  const rows = (columns: readonly string[] | undefined, rowStart: number, rowEnd: number): Promise<SourceRecord[]> =>
    attempt(() => parquetReadObjects({ file, metadata, compressors, columns: columns && [...columns], rowStart, rowEnd, utf8: false }));
  return { metadata, rows };
}

/** Names of the columns at the top. */
function columnsOf({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  const walk = (at: number): number => {
    let next = at + 1;
    for (let child = schema[at]!.num_children ?? 0; child > 0; child--) next = walk(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = walk(at)) names.push(schema[at]!.name);
  return names;
}

/** Row groups as ranges of rows. */
function groupsOf({ row_groups }: FileMetaData): { readonly first: number; readonly end: number; readonly bytes: number }[] {
  let end = 0;
  return row_groups.map(({ num_rows, total_byte_size }) => {
    const first = end;
    end += Number(num_rows);
    return { first, end, bytes: Number(total_byte_size) };
  });
}

/** The clips of a file of Parquet, a row each. Sounds are not read: only their rows are noted. */
export async function* readParquet(address: string, context: SourceContext): AsyncGenerator<FoundEntry> {
  const { metadata, rows } = await openParquet(address);
  const names = columnsOf(metadata);
  const column = AUDIO_COLUMNS.find((name) => names.includes(name));
  if (column === undefined && !PATH_COLUMNS.some((name) => names.includes(name)))
    throw badManifest(address, `it has no column of sound among ${names.join(", ")}; call it "audio"`);
  const others = names.filter((name) => name !== column);
  for (const { first, end, bytes } of groupsOf(metadata)) {
    const seconds = bytes / (end - first) / 16_000;
    const records = others.length === 0 ? [] : await rows(others, first, end);
    for (let row = first; row < end; row++) {
      const record = Object.fromEntries(others.map((name) => [name, records[row - first]?.[name]]));
      if (column === undefined) yield await recordEntry(address, row + 1, record, context);
      else yield cellEntry(address, { column, row, group: [first, end] }, record, context, seconds);
    }
  }
}

function cellEntry(
  address: string,
  cell: { readonly column: string; readonly row: number; readonly group: readonly [number, number] },
  record: SourceRecord,
  { rootOf, prefix }: SourceContext,
  seconds: number,
): FoundEntry {
  const known = knownFields(record);
  const name = nameOf(address);
  const source = `${name}#${cell.row}`;
  if (typeof known === "string") return badLine(address, cell.row + 1, known, source);
  const entry: Entry = {
    id: known.id ?? prefix + source,
    source,
    place: { root: rootOf(folderOf(address)), path: name, cell },
    text: known.text,
    speaker: known.speaker,
    language: known.language,
    extra: known.audio === undefined ? known.extra : JSON.stringify({ path: known.audio, ...JSON.parse(known.extra ?? "{}") }),
  };
  return { entry, seconds: known.duration ?? seconds };
}

/** The sound of a cell: its bytes, or a path from where the file is. */
export function soundOfCell(address: string, value: unknown): Uint8Array | string | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string" && value !== "") return joinAddress(folderOf(address), value);
  if (typeof value !== "object" || value === null) return undefined;
  const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
  return soundOfCell(address, bytes) ?? soundOfCell(address, path);
}
