import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { assertLocalPath, CodecError, fileError, makeFolder, removeEmptyFolders, throwIfAborted } from "@twelvehz/codec/node";
import { type CorpusInfo, requireCorpus } from "../corpus-info.ts";
import type { StoredRow } from "../rows/arrow-batch.ts";
import { readRows } from "../rows/read-shards.ts";
import type { Store } from "../store/store.ts";
import type { ExportJob } from "./export-job.ts";

/** Forms that a corpus can be exported to. */
export const EXPORT_FORMATS = ["parquet", "qwen", "webdataset", "shar", "megatron", "t12"] as const;
/** Form of an export. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Options of {@link exportCorpus}. */
export interface ExportCorpusOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told after each clip. */
  readonly onProgress?: ((clips: number, total: number) => void) | undefined;
}

const WRITERS: Readonly<Record<ExportFormat, () => Promise<(job: ExportJob) => Promise<void>>>> = {
  parquet: async () => (await import("./parquet.ts")).exportParquet,
  qwen: async () => (await import("./qwen.ts")).exportQwen,
  webdataset: async () => (await import("./webdataset.ts")).exportWebDataset,
  shar: async () => (await import("./shar.ts")).exportShar,
  megatron: async () => (await import("./megatron.ts")).exportMegatron,
  t12: async () => (await import("./token-files.ts")).exportTokenFiles,
};

/**
 * Writes a corpus in another form.
 * @param output a folder that is not there, or is empty; it appears when all is in it
 * @throws CodecError `usage` when there is something in the folder, or it is an address such as
 * `s3://`; `not-found` where there is no corpus; `bad-format` when a row is damaged, with the name
 * of its clip; as reading and writing any file
 */
export async function exportCorpus(
  store: Store,
  format: ExportFormat,
  output: string,
  options: ExportCorpusOptions = {},
): Promise<CorpusInfo> {
  assertLocalPath("export to", output);
  const info = await requireCorpus(store);
  await assertEmpty(output);
  const final = resolve(output);
  const folder = `${final}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  let [clips, above] = [0, [] as string[]];
  const counted = async function* (shards: CorpusInfo["shards"]): AsyncGenerator<StoredRow> {
    for await (const row of readRows(store, shards)) {
      throwIfAborted(options.signal);
      yield row;
      options.onProgress?.(++clips, info.clips);
    }
  };
  const rowsOf = (shard: number): AsyncGenerator<StoredRow> => counted(info.shards.slice(shard, shard + 1));
  try {
    above = await makeFolder(dirname(final));
    await mkdir(folder);
    await (await WRITERS[format]())({ info, folder, rowsOf, rows: () => counted(info.shards) });
    await rmdir(final).catch(() => undefined);
    await rename(folder, final);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    await removeEmptyFolders(above);
    throw fileError("write", output, error);
  }
  return info;
}

async function assertEmpty(output: string): Promise<void> {
  const names = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw fileError("write", output, error);
  });
  if (names.length > 0)
    throw new CodecError(
      "usage",
      `Cannot export to ${JSON.stringify(output)}: there is something in it; choose a folder that is empty or not there`,
    );
}
