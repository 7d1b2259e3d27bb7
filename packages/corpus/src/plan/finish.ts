import { join } from "node:path";
import { CodecError, throwIfAborted } from "@twelvehz/codec/node";
import { type CorpusInfo, readCorpusInfo, writeCorpusInfo } from "../corpus-info.ts";
import type { Reject } from "../rows/reject.ts";
import { ShardFile, type ShardInfo } from "../rows/shard-file.ts";
import { KEYS, type Store, unitKey, unitName } from "../store/store.ts";
import { parseUnit, type UnitResult } from "../unit/unit-result.ts";
import { type Plan, sha256 } from "./plan.ts";

/** Units of a plan whose results are in the store. */
export async function doneUnits(store: Store): Promise<Set<number>> {
  const names = await store.list(KEYS.units);
  return new Set(names.flatMap((name) => (/^\d{6,}\.unit$/.test(name) ? [Number.parseInt(name, 10)] : [])));
}

/** Name of a shard. */
function shardName(index: number): string {
  return `data-${String(index).padStart(5, "0")}.arrow`;
}

/** Cuts rows into shards, in local files that get their places one by one. */
class ShardCutter {
  readonly #store: Store;
  readonly #plan: Plan;
  readonly #folder: string;
  readonly shards: ShardInfo[] = [];
  #open: ShardFile | undefined;

  constructor(store: Store, plan: Plan, folder: string) {
    this.#store = store;
    this.#plan = plan;
    this.#folder = folder;
  }

  async add(row: UnitResult["rows"][number]): Promise<void> {
    this.#open ??= await this.#begin();
    await this.#open.add(row);
    if (this.#open.weight >= this.#plan.options.shardBytes) await this.end();
  }

  /** Ends the shard that is open; where there is none at all, an empty one keeps the schema. */
  async end(): Promise<void> {
    if (!this.#open && this.shards.length + this.#first > 0) return;
    const file = this.#name;
    const shard = await (this.#open ?? (await this.#begin())).close(file);
    this.#open = undefined;
    await this.#store.publish(join(this.#folder, file), file);
    this.shards.push(shard);
  }

  async discard(): Promise<void> {
    await this.#open?.discard();
  }

  get #first(): number {
    return this.#plan.after?.shards ?? 0;
  }

  get #name(): string {
    return shardName(this.#first + this.shards.length);
  }

  #begin(): Promise<ShardFile> {
    return ShardFile.create(join(this.#folder, this.#name), this.#plan.spec.layers);
  }
}

/**
 * Merges the results of all units into a corpus, in the order of the plan, and removes the work in
 * progress. It may be stopped and done again at any time.
 * @throws CodecError `usage` when units are missing; as writing any file
 */
export async function finishPlan(store: Store, plan: Plan, signal?: AbortSignal): Promise<CorpusInfo> {
  const before = plan.after ? await readCorpusInfo(store) : undefined;
  const done = await doneUnits(store);
  const missing = [...plan.units.keys()].filter((unit) => !done.has(unit));
  if (missing.length > 0)
    throw new CodecError(
      "usage",
      `Cannot finish ${JSON.stringify(store.address)}: ${missing.length} units are not done, unit ${missing[0]} is the first`,
    );
  const folder = await store.scratch();
  const cutter = new ShardCutter(store, plan, folder);
  try {
    const merged = await mergeUnits(store, plan, cutter, signal);
    const info = await infoOf(store, plan, before, cutter.shards, merged);
    await writeCorpusInfo(store, info);
    await store.remove(KEYS.work);
    return info;
  } finally {
    await cutter.discard();
    await store.removeScratch(folder);
  }
}

/** What merging has found beside rows. */
interface Merged {
  readonly rejects: readonly Reject[];
  readonly machines: ReadonlySet<string>;
  readonly seconds: number;
}

async function mergeUnits(store: Store, plan: Plan, cutter: ShardCutter, signal: AbortSignal | undefined): Promise<Merged> {
  const rejects: Reject[] = [];
  const machines = new Set<string>();
  let seconds = 0;
  for (const unit of plan.units.keys()) {
    throwIfAborted(signal);
    const bytes = await store.read(unitKey(unit));
    if (!bytes)
      throw new CodecError("not-found", `Cannot finish ${JSON.stringify(store.address)}: unit ${unit} is gone; run the command again`);
    const result = parseUnit(bytes, `${store.address}/${unitKey(unit)}`);
    if (result.rows.length + result.rejects.length !== plan.units[unit]?.clips)
      throw new CodecError("bad-format", `Cannot finish: unit ${unitName(unit)} is not of this plan; remove it and run the command again`);
    for (const row of result.rows) await cutter.add(row);
    seconds = result.rows.reduce((sum, { duration }) => sum + duration, seconds);
    rejects.push(...result.rejects);
    if (result.rows.length > 0) machines.add(result.machine);
  }
  await cutter.end();
  return { rejects, machines, seconds };
}

async function infoOf(
  store: Store,
  plan: Plan,
  before: CorpusInfo | undefined,
  added: readonly ShardInfo[],
  { rejects, machines, seconds }: Merged,
): Promise<CorpusInfo> {
  const old = await rejectsBefore(store, before);
  const text = old + rejects.map((reject) => `${JSON.stringify(reject)}\n`).join("");
  await store.write(KEYS.rejects, Buffer.from(text));
  const shards = [...(before?.shards ?? []), ...added];
  const clips = added.reduce((sum, shard) => sum + shard.clips, 0);
  const plans = [
    ...(before?.plans ?? []),
    { hash: plan.hash, clips, rejected: rejects.length, units: plan.units.length, options: plan.options },
  ];
  const rejected = (before?.rejected ?? 0) + rejects.length;
  return {
    format: "twelvehz-corpus",
    version: 1,
    spec: plan.spec,
    clips: (before?.clips ?? 0) + clips,
    frames: shards.reduce((sum, shard) => sum + shard.frames, 0),
    seconds: (before?.seconds ?? 0) + seconds,
    rejected,
    shards,
    rejects: { file: KEYS.rejects, lines: rejected, sha256: sha256(text) },
    plans,
    machines: [...new Set([...(before?.machines ?? []), ...machines])].sort(),
  };
}

/** The rejects of before an append, and no others: one that was stopped may have written its own. */
async function rejectsBefore(store: Store, before: CorpusInfo | undefined): Promise<string> {
  if (!before) return "";
  const text = Buffer.from((await store.read(KEYS.rejects)) ?? []).toString("utf8");
  const lines = text.split("\n").slice(0, before.rejected);
  return lines.map((line) => `${line}\n`).join("");
}
