/** Rows to Arrow record batches and back. Loads `apache-arrow` when it is first needed. */
import type * as Arrow from "apache-arrow";
import { type CorpusRow, rowChecksum } from "./corpus-row.ts";

type Module = typeof Arrow;
/** A row as it was read, with the checksum that stands beside it. */
export interface StoredRow extends CorpusRow {
  readonly crc32c: number;
}

/** Most rows of a record batch. */
export const BATCH_ROWS = 1000;

/** Columns of strings in the order of the schema, by the property of a row. */
const STRINGS = { id: "id", text: "text", speaker: "speaker", language: "language", source: "source", extra: "extra" } as const;
const NUMBERS = {
  frames: "frames",
  sample_count: "sampleCount",
  duration: "duration",
  offset: "offset",
  source_rate: "sourceRate",
  level_db: "levelDb",
  silence: "silence",
} as const;

/** The schema of all shards whose codes have so many layers. */
export function corpusSchema(arrow: Module, layers: number): Arrow.Schema {
  const frame = new arrow.FixedSizeList(layers, new arrow.Field("item", new arrow.Int16(), false));
  const codes = new arrow.List(new arrow.Field("item", frame, false));
  const utf8 = new arrow.Utf8();
  const types: [name: string, type: Arrow.DataType, nullable: boolean][] = [
    ["id", utf8, false],
    ["codes", codes, false],
    ["frames", new arrow.Int32(), false],
    ["sample_count", new arrow.Int32(), false],
    ["duration", new arrow.Float64(), false],
    ["text", utf8, true],
    ["speaker", utf8, true],
    ["language", utf8, true],
    ["source", utf8, false],
    ["offset", new arrow.Float64(), true],
    ["source_rate", new arrow.Int32(), false],
    ["level_db", new arrow.Float32(), false],
    ["silence", new arrow.Float32(), false],
    ["extra", utf8, true],
    ["crc32c", new arrow.Uint32(), false],
  ];
  return new arrow.Schema(types.map(([name, type, nullable]) => new arrow.Field(name, type, nullable)));
}

/** A record batch of rows, whose buffers are made in one piece each. */
export function batchOf(arrow: Module, schema: Arrow.Schema, rows: readonly CorpusRow[]): Arrow.RecordBatch {
  const children = schema.fields.map(({ name, type }) => {
    if (name === "codes") return codesData(arrow, type as Arrow.List, rows);
    if (name in STRINGS) return stringData(arrow, rows, (row) => row[STRINGS[name as keyof typeof STRINGS]]);
    if (name === "crc32c")
      return arrow.makeData({ type: new arrow.Uint32(), length: rows.length, data: Uint32Array.from(rows, rowChecksum) });
    return numberData(arrow, type, rows, (row) => row[NUMBERS[name as keyof typeof NUMBERS]]);
  });
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows.length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data);
}

function codesData(arrow: Module, type: Arrow.List, rows: readonly CorpusRow[]): Arrow.Data {
  const frameType = type.children[0]!.type as Arrow.FixedSizeList;
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(({ frames }, i) => (offsets[i + 1] = offsets[i]! + frames));
  const frames = offsets[rows.length]!;
  const values = new Int16Array(frames * frameType.listSize);
  rows.forEach(({ codes }, i) => values.set(codes, offsets[i]! * frameType.listSize));
  const numbers = arrow.makeData({ type: new arrow.Int16(), length: values.length, nullCount: 0, data: values });
  const child = arrow.makeData({ type: frameType, length: frames, nullCount: 0, child: numbers });
  return arrow.makeData({ type, length: rows.length, nullCount: 0, valueOffsets: offsets, child });
}

/** Bits of those that are there, and how many are not. */
function validity(values: readonly unknown[]): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullCount = values.filter((value) => value === null).length;
  if (nullCount === 0) return { nullCount };
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => (nullBitmap[i >> 3]! |= value === null ? 0 : 1 << (i & 7)));
  return { nullCount, nullBitmap };
}

function stringData(arrow: Module, rows: readonly CorpusRow[], valueOf: (row: CorpusRow) => string | null): Arrow.Data {
  const values = rows.map(valueOf);
  const data = Buffer.from(values.join(""), "utf8"); // half a surrogate pair never meets its other half: see wellFormed
  const valueOffsets = new Int32Array(rows.length + 1);
  values.forEach((value, i) => (valueOffsets[i + 1] = valueOffsets[i]! + (value === null ? 0 : Buffer.byteLength(value))));
  return arrow.makeData({ type: new arrow.Utf8(), length: rows.length, ...validity(values), valueOffsets, data });
}

function numberData(
  arrow: Module,
  type: Arrow.DataType,
  rows: readonly CorpusRow[],
  valueOf: (row: CorpusRow) => number | null,
): Arrow.Data {
  const values = rows.map(valueOf);
  const numbers = values.map((value) => value ?? 0);
  const length = rows.length;
  if (type instanceof arrow.Int32) return arrow.makeData({ type, length, nullCount: 0, data: Int32Array.from(numbers) });
  if (type instanceof arrow.Float && type.precision === arrow.Precision.SINGLE)
    return arrow.makeData({ type: new arrow.Float32(), length, nullCount: 0, data: Float32Array.from(numbers) });
  return arrow.makeData({ type: new arrow.Float64(), length, ...validity(values), data: Float64Array.from(numbers) });
}

/** The rows of a record batch. Codes are views where the batch is memory; texts are copies. */
export function* rowsOf(batch: Arrow.RecordBatch): Generator<StoredRow> {
  const column = <T>(name: string): { get(i: number): T } => batch.getChild(name) as unknown as { get(i: number): T };
  const lists = batch.getChild("codes")!.data[0]!;
  const offsets = lists.valueOffsets as Int32Array;
  const values = lists.children[0]!.children[0]!.values as Int16Array;
  const layers = (lists.children[0]!.type as Arrow.FixedSizeList).listSize;
  const start = lists.children[0]!.offset;
  const read = Object.fromEntries(batch.schema.fields.map(({ name }) => [name, column<never>(name)]));
  for (let i = 0; i < batch.numRows; i++) {
    yield {
      id: read["id"]!.get(i),
      codes: values.subarray(layers * (start + offsets[i]!), layers * (start + offsets[i + 1]!)),
      frames: read["frames"]!.get(i),
      sampleCount: read["sample_count"]!.get(i),
      duration: read["duration"]!.get(i),
      text: read["text"]!.get(i),
      speaker: read["speaker"]!.get(i),
      language: read["language"]!.get(i),
      source: read["source"]!.get(i),
      offset: read["offset"]!.get(i),
      sourceRate: read["source_rate"]!.get(i),
      levelDb: read["level_db"]!.get(i),
      silence: read["silence"]!.get(i),
      extra: read["extra"]!.get(i),
      crc32c: read["crc32c"]!.get(i),
    };
  }
}
