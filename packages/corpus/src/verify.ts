import { createHash } from "node:crypto";
import { CodecError, messageOf, throwIfAborted } from "@twelvehz/codec/node";
import { type CorpusInfo, requireCorpus } from "./corpus-info.ts";
import { IdSet } from "./plan/id-set.ts";
import { rowsOf, type StoredRow } from "./rows/arrow-batch.ts";
import { readBatches } from "./rows/read-shards.ts";
import { damageOf } from "./rows/row-damage.ts";
import type { ShardInfo } from "./rows/shard-file.ts";
import { KEYS, type Store } from "./store/store.ts";

/** Something that is not as it should be. */
export interface CorpusFault {
  readonly file: string;
  /** The clip that it concerns; undefined where it is none of a clip. */
  readonly clip?: string | undefined;
  /** What was found. */
  readonly reason: string;
}

/** What was found in a corpus. */
export interface Verification {
  /** Clips that were read. */
  readonly clips: number;
  readonly faults: readonly CorpusFault[];
}

/** Options of {@link verifyCorpus}. */
export interface VerifyCorpusOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told after each batch. */
  readonly onProgress?: ((clips: number, total: number) => void) | undefined;
}

/** Bytes that are hashed at once. */
const PIECE = 1 << 22;

/**
 * Reads all of a corpus: every shard against its checksum, every row against its own, names, codes
 * and counts. A byte that has changed is told with the clip that it is of.
 * @throws CodecError `not-found`, `bad-format` when there is no corpus; as reading any file
 */
export async function verifyCorpus(store: Store, options: VerifyCorpusOptions = {}): Promise<Verification> {
  const info = await requireCorpus(store);
  const faults: CorpusFault[] = [...(await verifyLists(store, info))];
  const ids = new IdSet();
  let clips = 0;
  for (const shard of info.shards) {
    throwIfAborted(options.signal);
    const isWhole = await verifySum(store, shard, faults);
    const found: CorpusFault[] = [];
    clips += await verifyShard(store, shard, info, ids, found, (read) => options.onProgress?.(clips + read, info.clips));
    faults.push(...found);
    if (!isWhole && found.length === 0)
      faults.push({
        file: shard.file,
        reason: "its checksum differs, and all its clips are whole: the damage is in the framing; copy it again",
      });
  }
  return { clips, faults };
}

/** The files beside the shards. */
async function verifyLists(store: Store, info: CorpusInfo): Promise<CorpusFault[]> {
  const faults: CorpusFault[] = [];
  const rejects = (await store.read(KEYS.rejects)) ?? new Uint8Array(0);
  if (createHash("sha256").update(rejects).digest("hex") !== info.rejects.sha256)
    faults.push({ file: KEYS.rejects, reason: "its checksum differs; copy it again" });
  const wanted = info.shards.map(({ file }) => file).join();
  if (listedShards((await store.read(KEYS.state)) ?? new Uint8Array(0)) !== wanted)
    faults.push({ file: KEYS.state, reason: "it does not list the shards that twelvehz.json has" });
  const sum = (of: "clips" | "frames"): number => info.shards.reduce((total, shard) => total + shard[of], 0);
  for (const of of ["clips", "frames"] as const)
    if (sum(of) !== info[of]) faults.push({ file: KEYS.info, reason: `it counts ${info[of]} ${of}, and its shards have ${sum(of)}` });
  return faults;
}

function listedShards(bytes: Uint8Array): string | undefined {
  try {
    const state = JSON.parse(Buffer.from(bytes).toString("utf8")) as { readonly _data_files: readonly { readonly filename: string }[] };
    return state._data_files.map(({ filename }) => filename).join();
  } catch {
    return undefined;
  }
}

async function verifySum(store: Store, { file, bytes, sha256 }: ShardInfo, faults: CorpusFault[]): Promise<boolean> {
  const size = await store.size(file);
  if (size !== bytes) {
    faults.push({ file, reason: size === undefined ? "it is missing" : `it has ${size} bytes, ${bytes} are wanted; copy it again` });
    if ((size ?? 0) < bytes) return true; // told, and there is no whole file to look into
  }
  const hash = createHash("sha256");
  for (let at = 0; at < bytes; at += PIECE) hash.update(await store.readRange(file, at, Math.min(PIECE, bytes - at)));
  return hash.digest("hex") === sha256;
}

async function verifyShard(
  store: Store,
  shard: ShardInfo,
  { spec }: CorpusInfo,
  ids: IdSet,
  faults: CorpusFault[],
  onRead: (clips: number) => void,
): Promise<number> {
  const { file } = shard;
  if (((await store.size(file)) ?? 0) < shard.bytes) return 0;
  let [clips, last] = [0, ""];
  try {
    for await (const batch of readBatches(store, shard)) {
      for (const row of rowsOf(batch)) {
        clips++;
        const reason = rowFault(row, spec.layers, spec.codebookSize) ?? (ids.add(row.id) ? undefined : "another clip has the same id");
        if (reason !== undefined) faults.push({ file, clip: row.id, reason: `row ${clips} of the shard: ${reason}` });
        last = row.id;
      }
      onRead(clips);
    }
  } catch (error) {
    if (error instanceof CodecError && error.code !== "bad-format") throw error;
    const where = last === "" ? "at its beginning" : `after clip ${JSON.stringify(last)}`;
    faults.push({ file, clip: last || undefined, reason: `it cannot be read ${where} (${messageOf(error)})` });
    return clips;
  }
  if (clips !== shard.clips) faults.push({ file, reason: `it holds ${clips} clips, ${shard.clips} are wanted` });
  return clips;
}

function rowFault(row: StoredRow, layers: number, codebookSize: number): string | undefined {
  const damage = damageOf(row);
  if (damage !== undefined) return `${damage}; copy the shard again`;
  if (row.codes.length !== row.frames * layers) return `it has ${row.codes.length} codes for ${row.frames} frames`;
  if (row.codes.some((code) => code < 0 || code >= codebookSize)) return `a code is out of range, 0 to ${codebookSize - 1}`;
  return undefined;
}
