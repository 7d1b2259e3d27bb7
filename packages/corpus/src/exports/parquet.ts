import { join } from "node:path";
import type { ColumnSource, SchemaElement } from "hyparquet-writer";
import type { StoredRow } from "../rows/arrow-batch.ts";
import type { ExportJob } from "./export-job.ts";

/** Rows of a row group, about 30 min of speech. */
const GROUP_ROWS = 500;
const ZSTD_LEVEL = 3;

type Zstd = typeof import("@bokuweb/zstd-wasm");
/** Opened once: a second `init` changes the memory under those who compress, and does not wait. */
let opened: Promise<Zstd> | undefined;

async function openZstd(): Promise<Zstd> {
  const zstd = await import("@bokuweb/zstd-wasm");
  await zstd.init();
  return zstd;
}

/** Columns beside the codes: name, type, and the value of a row. */
const COLUMNS: readonly (readonly [name: string, type: "STRING" | "INT32" | "FLOAT" | "DOUBLE", valueOf: (row: StoredRow) => unknown])[] = [
  ["frames", "INT32", (row) => row.frames],
  ["sample_count", "INT32", (row) => row.sampleCount],
  ["duration", "DOUBLE", (row) => row.duration],
  ["text", "STRING", (row) => row.text ?? undefined],
  ["speaker", "STRING", (row) => row.speaker ?? undefined],
  ["language", "STRING", (row) => row.language ?? undefined],
  ["source", "STRING", (row) => row.source],
  ["offset", "DOUBLE", (row) => row.offset ?? undefined],
  ["source_rate", "INT32", (row) => row.sourceRate],
  ["level_db", "FLOAT", (row) => row.levelDb],
  ["silence", "FLOAT", (row) => row.silence],
  ["extra", "STRING", (row) => row.extra ?? undefined],
];

/**
 * Parquet, a file for each shard, named as the Hub wants it. Codes are `list<int16>`, frame by frame:
 * `reshape(-1, K)` makes `[T, K]` of them. A list of lists would take a quarter more: the levels of
 * nesting are not packed. A dictionary of 11 bits a code (2048 entries), all packed with zstd.
 */
export async function exportParquet({ info, folder, rowsOf }: ExportJob): Promise<void> {
  const { fileWriter, ParquetWriter } = await import("hyparquet-writer");
  const zstd = await (opened ??= openZstd());
  const compressors = { ZSTD: (input: Uint8Array): Uint8Array => zstd.compress(input, ZSTD_LEVEL) };
  const count = String(info.shards.length).padStart(5, "0");
  for (const shard of info.shards.keys()) {
    const path = join(folder, `train-${String(shard).padStart(5, "0")}-of-${count}.parquet`);
    const writer = new ParquetWriter({
      writer: fileWriter(path),
      schema: schema(),
      codec: "ZSTD",
      compressors,
      kvMetadata: [{ key: "twelvehz", value: JSON.stringify(info.spec) }],
    });
    let rows: StoredRow[] = [];
    const flush = async (): Promise<void> => {
      if (rows.length > 0) await writer.write({ columnData: columnsOf(rows), rowGroupSize: GROUP_ROWS });
      rows = [];
    };
    for await (const row of rowsOf(shard)) {
      rows.push(row);
      if (rows.length === GROUP_ROWS) await flush();
    }
    await flush();
    await writer.finish();
  }
}

function schema(): SchemaElement[] {
  const utf8 = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
  const others = COLUMNS.map(([name, type]): SchemaElement => {
    const isOptional = ["text", "speaker", "language", "offset", "extra"].includes(name);
    return { name, repetition_type: isOptional ? "OPTIONAL" : "REQUIRED", ...(type === "STRING" ? utf8 : { type }) };
  });
  return [
    { name: "root", num_children: 2 + COLUMNS.length },
    { name: "id", repetition_type: "REQUIRED", ...utf8 },
    { name: "codes", repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", type: "INT32", converted_type: "INT_16" },
    ...others,
  ];
}

function columnsOf(rows: readonly StoredRow[]): ColumnSource[] {
  return [
    { name: "id", data: rows.map(({ id }) => id) },
    { name: "codes", data: rows.map(({ codes }) => Array.from(codes)), encoding: "RLE_DICTIONARY" },
    ...COLUMNS.map(([name, , valueOf]): ColumnSource => ({ name, data: rows.map(valueOf) })),
  ];
}
