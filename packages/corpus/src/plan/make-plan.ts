import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodecError, type CodesSpec, fileError, throwIfAborted } from "@twelvehz/codec/node";
import type { Entry, FoundEntry } from "../sources/entry.ts";
import { readLines } from "../sources/lines.ts";
import { readSources } from "../sources/read-sources.ts";
import { StreamedFile } from "../store/streamed-file.ts";
import { entriesKey, KEYS, type Store, unitName } from "../store/store.ts";
import type { IdSet } from "./id-set.ts";
import { type Plan, type PlannedUnit, type PlanOptions, planHash, sha256 } from "./plan.ts";

/** What a plan is made of. */
export interface PlanRequest {
  readonly sources: readonly string[];
  readonly spec: CodesSpec;
  readonly options: PlanOptions;
  readonly model: string | undefined;
  readonly codecModule?: string | undefined;
  readonly parallelCodecs: boolean;
  /** Broken lines of manifests and names that come twice: an error, or rejects. */
  readonly badLines: "fail" | "skip";
  /** Longest unit, seconds of sound. */
  readonly unitSeconds: number;
  readonly after: Plan["after"];
  /** Names that are taken. */
  readonly ids: IdSet;
  readonly signal?: AbortSignal | undefined;
  /** Told how many clips have been found. */
  readonly onFound?: ((clips: number) => void) | undefined;
}

/** A plan with its entries in a local folder. */
export interface DraftPlan {
  readonly plan: Plan;
  readonly folder: string;
}

/** Into so many units a plan is cut, as far as their lengths allow: enough for many workers. */
const WANTED_UNITS = 256;
/** Shortest unit, seconds of sound. */
const LEAST_UNIT_SECONDS = 60;
/** Most clips of a unit. */
const MOST_UNIT_CLIPS = 5000;

/**
 * Makes a plan; the entries lie in `folder` then, and nothing is in the store. Sources are read
 * twice as far as memory goes: a line at a time.
 * @throws CodecError what reading sources fails with; `bad-format` for a broken line or a name that
 * comes twice, `bad-audio` where there are no clips
 */
export async function draftPlan(request: PlanRequest, folder: string): Promise<DraftPlan> {
  const { roots, entries } = readSources(request.sources);
  const spool = join(folder, "spool.jsonl");
  const { clips, seconds } = await writeSpool(spool, checked(entries, request));
  if (clips === 0) throw new CodecError("bad-audio", `Cannot make a plan: there are no clips in ${request.sources.join(", ")}`);
  const longest = Math.min(request.unitSeconds, Math.max(LEAST_UNIT_SECONDS, seconds / WANTED_UNITS));
  await mkdir(join(folder, "entries"));
  const units = await cutUnits(spool, longest, join(folder, "entries"));
  await rm(spool);
  const { spec, options, after, ...others } = request;
  const { model, codecModule, sources, parallelCodecs } = others;
  const content = { spec, options, after, units };
  const hash = planHash(JSON.parse(JSON.stringify(content)) as typeof content);
  return { plan: { format: "twelvehz-plan", version: 1, hash, model, codecModule, parallelCodecs, sources, roots, ...content }, folder };
}

/** Entries with what is wrong with lines and names found. */
async function* checked(entries: AsyncGenerator<FoundEntry>, request: PlanRequest): AsyncGenerator<FoundEntry> {
  let clips = 0;
  for await (const found of entries) {
    throwIfAborted(request.signal);
    const one = request.ids.add(found.entry.id) ? found : duplicate(found);
    if (one.isBadLine && request.badLines === "fail")
      throw new CodecError("bad-format", `${one.entry.reject?.reason ?? ""}; correct it, or pass over such with --bad-lines skip`);
    yield one;
    request.onFound?.(++clips);
  }
}

function duplicate({ entry, seconds }: FoundEntry): FoundEntry {
  const at = entry.line === undefined ? "" : ` (line ${entry.line})`;
  const reason = `Cannot use ${JSON.stringify(entry.source)}${at}: another clip has the id ${JSON.stringify(entry.id)}; ids must differ`;
  return { entry: { ...entry, place: undefined, reject: { code: "duplicate-id", reason } }, seconds, isBadLine: true };
}

async function writeSpool(path: string, entries: AsyncGenerator<FoundEntry>): Promise<{ clips: number; seconds: number }> {
  let [clips, seconds] = [0, 0];
  const out = new StreamedFile(path);
  try {
    for await (const { entry, seconds: length } of entries) {
      clips++;
      seconds += length;
      await out.write(`${JSON.stringify([length, entry])}\n`);
    }
  } catch (error) {
    out.discard();
    throw error;
  }
  await out.close();
  return { clips, seconds };
}

async function cutUnits(spool: string, longest: number, folder: string): Promise<PlannedUnit[]> {
  const units: PlannedUnit[] = [];
  let [lines, seconds] = [[] as string[], 0];
  const close = async (): Promise<void> => {
    if (lines.length === 0) return;
    const text = `${lines.join("\n")}\n`;
    const path = join(folder, `${unitName(units.length)}.jsonl`);
    await writeFile(path, text).catch((error: unknown) => Promise.reject(fileError("write", path, error)));
    units.push({ clips: lines.length, seconds: Math.round(seconds * 100) / 100, sha256: sha256(text) });
    [lines, seconds] = [[], 0];
  };
  for await (const [, line] of readLines(spool)) {
    const [length, entry] = JSON.parse(line) as [number, Entry];
    if (seconds + length > longest || lines.length === MOST_UNIT_CLIPS) await close();
    lines.push(JSON.stringify(entry));
    seconds += length;
  }
  await close();
  return units;
}

/** Puts a plan into the store, entries first: who sees the plan sees all of it. */
export async function publishPlan(store: Store, { plan, folder }: DraftPlan): Promise<void> {
  for (const unit of plan.units.keys()) await store.publish(join(folder, "entries", `${unitName(unit)}.jsonl`), entriesKey(unit));
  await store.write(KEYS.plan, Buffer.from(`${JSON.stringify(plan)}\n`));
}
