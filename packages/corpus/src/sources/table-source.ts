import { Readable } from "node:stream";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { FoundEntry } from "./entry.ts";
import { unpacked } from "./lines.ts";
import { badLine, recordEntry } from "./record-entry.ts";
import { badManifest, type SourceContext } from "./source.ts";

/** Rows that are worked on at once. */
const AT_ONCE = 64;

/** What csv-parse gives for a row. */
interface ParsedRow {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** A table with a header: CSV by RFC 4180, or TSV, whose values are taken as they stand. */
export async function* readTable(address: string, context: SourceContext): AsyncGenerator<FoundEntry> {
  const isTabbed = /\.tsv(\.gz)?$/i.test(address);
  const { parse } = await import("csv-parse");
  const skipped: FoundEntry[] = [];
  const parser = parse({
    bom: true,
    delimiter: isTabbed ? "\t" : ",",
    quote: isTabbed ? null : '"',
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => void skipped.push(badLine(address, Number(error?.["lines"] ?? 0), messageOf(error))),
  });
  const rows = Readable.from(unpacked(address))
    .on("error", (error) => parser.destroy(error))
    .pipe(parser) as AsyncIterable<ParsedRow>;
  let header: readonly string[] | undefined;
  let waiting: (FoundEntry | Promise<FoundEntry>)[] = [];
  try {
    for await (const { record, info } of rows) {
      if (header === undefined) header = record.map((name) => name.trim());
      else waiting.push(...skipped.splice(0), rowEntry(address, info.lines, header, record, context));
      if (waiting.length < AT_ONCE) continue;
      yield* await Promise.all(waiting);
      waiting = [];
    }
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw badManifest(address, `${messageOf(error)}; correct it`);
  }
  yield* await Promise.all([...waiting, ...skipped]);
}

async function rowEntry(
  address: string,
  line: number,
  header: readonly string[],
  row: readonly string[],
  context: SourceContext,
): Promise<FoundEntry> {
  if (row.length !== header.length) return badLine(address, line, `it has ${row.length} values, the header has ${header.length}`);
  return recordEntry(address, line, Object.fromEntries(header.map((name, i) => [name, row[i]])), context);
}
