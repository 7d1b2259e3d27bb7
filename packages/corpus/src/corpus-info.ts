/** What stands beside the shards of a finished corpus: docs/corpus-format.md. */
import { CodecError, type CodesSpec } from "@twelvehz/codec/node";
import type { PlanOptions } from "./plan/plan.ts";
import type { ShardInfo } from "./rows/shard-file.ts";
import { KEYS, type Store } from "./store/store.ts";

/** One plan that a corpus is made by. */
export interface FinishedPlan {
  readonly hash: string;
  readonly clips: number;
  readonly rejected: number;
  readonly units: number;
  readonly options: PlanOptions;
}

/** `twelvehz.json`. */
export interface CorpusInfo {
  readonly format: "twelvehz-corpus";
  readonly version: 1;
  readonly spec: CodesSpec;
  readonly clips: number;
  readonly frames: number;
  readonly seconds: number;
  readonly rejected: number;
  readonly shards: readonly ShardInfo[];
  readonly rejects: { readonly file: string; readonly lines: number; readonly sha256: string };
  readonly plans: readonly FinishedPlan[];
  readonly machines: readonly string[];
}

/**
 * What a corpus says of itself, or undefined where there is none that is finished.
 * @throws CodecError `bad-format` when it is damaged, `unsupported` for another version
 */
export async function readCorpusInfo(store: Store): Promise<CorpusInfo | undefined> {
  const bytes = await store.read(KEYS.info);
  if (!bytes) return undefined;
  const where = `Cannot read ${JSON.stringify(`${store.address}/${KEYS.info}`)}`;
  let info: Partial<CorpusInfo> | null;
  try {
    info = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<CorpusInfo> | null;
  } catch (error) {
    throw new CodecError("bad-format", `${where}: it is no JSON; copy the corpus again`, { cause: error });
  }
  if (info?.format !== "twelvehz-corpus") throw new CodecError("bad-format", `${where}: it is not of a corpus`);
  if (info.version !== 1)
    throw new CodecError("unsupported", `${where}: it has version ${String(info.version)}, 1 is read here; use a newer twelvehz`);
  if (!info.spec || !Array.isArray(info.shards) || !Array.isArray(info.plans) || !info.rejects)
    throw new CodecError("bad-format", `${where}: fields are missing; copy the corpus again`);
  return info as CorpusInfo;
}

/** As {@link readCorpusInfo}, for a corpus that must be there. */
export async function requireCorpus(store: Store): Promise<CorpusInfo> {
  const info = await readCorpusInfo(store);
  if (info) return info;
  const hint = (await store.read(KEYS.plan))
    ? "it is not finished; run twelvehz tokenize again to go on"
    : "there is no corpus; make one with twelvehz tokenize";
  throw new CodecError("not-found", `Cannot use ${JSON.stringify(store.address)}: ${hint}`);
}

/** Writes what Hugging Face reads, and then what makes a corpus of the folder. */
export async function writeCorpusInfo(store: Store, info: CorpusInfo): Promise<void> {
  const state = {
    _data_files: info.shards.map(({ file }) => ({ filename: file })),
    _fingerprint: info.plans.at(-1)?.hash.slice(0, 16) ?? "",
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: null,
  };
  const description = `Speech as codes of ${info.spec.model?.name ?? "an unknown model"} (twelvehz corpus)`;
  await store.write(KEYS.datasetInfo, json({ citation: "", description, homepage: "", license: "" }));
  await store.write(KEYS.state, json(state));
  await store.write(KEYS.info, json(info));
}

function json(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
