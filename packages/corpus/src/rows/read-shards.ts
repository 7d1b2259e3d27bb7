import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { RecordBatch } from "apache-arrow";
import type { Store } from "../store/store.ts";
import { rowsOf, type StoredRow } from "./arrow-batch.ts";
import type { ShardInfo } from "./shard-file.ts";

/** Bytes of a shard that are read at once. */
const PIECE = 1 << 20;

async function* pieces(store: Store, key: string, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += PIECE) yield store.readRange(key, at, Math.min(PIECE, bytes - at));
}

/**
 * The record batches of a shard, one after the other in memory.
 * @throws CodecError `bad-format` when it is no such stream, as reading any file
 */
export async function* readBatches(store: Store, { file, bytes }: Pick<ShardInfo, "file" | "bytes">): AsyncGenerator<RecordBatch> {
  const { RecordBatchReader } = await import("apache-arrow");
  try {
    const reader = await RecordBatchReader.from(pieces(store, file, bytes));
    for await (const batch of reader) if (batch.numRows > 0) yield batch; // of an empty shard there is one without columns
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError("bad-format", `Cannot read ${JSON.stringify(`${store.address}/${file}`)}: ${messageOf(error)}; copy it again`, {
      cause: error,
    });
  }
}

/** The rows of shards in their order. */
export async function* readRows(store: Store, shards: readonly ShardInfo[]): AsyncGenerator<StoredRow> {
  for (const shard of shards) for await (const batch of readBatches(store, shard)) yield* rowsOf(batch);
}

/** The names of all clips of shards. */
export async function* readIds(store: Store, shards: readonly ShardInfo[]): AsyncGenerator<string> {
  for (const shard of shards) {
    for await (const batch of readBatches(store, shard)) {
      const ids = batch.getChild("id")!;
      for (let i = 0; i < batch.numRows; i++) yield ids.get(i) as string;
    }
  }
}
