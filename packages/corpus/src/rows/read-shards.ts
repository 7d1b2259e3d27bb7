import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { RecordBatch } from "apache-arrow";
import type { Store } from "../store/store.ts";
import { rowsOf, type StoredRow } from "./arrow-batch.ts";
import { damageOf } from "./row-damage.ts";
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

/**
 * The rows of shards in their order, each held against its checksum.
 * @throws CodecError `bad-format` with the name of the clip when a row is damaged, or when rows are
 * missing; as reading any file
 */
export async function* readRows(store: Store, shards: readonly ShardInfo[]): AsyncGenerator<StoredRow> {
  for (const shard of shards) {
    let clips = 0;
    try {
      for await (const batch of readBatches(store, shard)) {
        for (const row of rowsOf(batch)) {
          const reason = damageOf(row);
          clips++;
          if (reason !== undefined) throw damaged(store, shard, `clip ${JSON.stringify(row.id)}, row ${clips}: ${reason}`);
          yield row;
        }
      }
    } catch (error) {
      throw error instanceof CodecError ? error : damaged(store, shard, messageOf(error)); // columns that are not there
    }
    if (clips !== shard.clips) throw damaged(store, shard, `it holds ${clips} clips, ${shard.clips} are wanted`);
  }
}

function damaged(store: Store, { file }: ShardInfo, reason: string): CodecError {
  return new CodecError(
    "bad-format",
    `Cannot read ${JSON.stringify(`${store.address}/${file}`)}: ${reason}; copy the shard again; twelvehz corpus verify names all that is damaged`,
  );
}
