/** What is to be done: immutable, named by a hash. docs/corpus-format.md. */
import { createHash } from "node:crypto";
import { CodecError, type CodesSpec } from "@twelvehz/codec/node";
import type { Entry } from "../sources/entry.ts";
import { entriesKey, KEYS, type Store } from "../store/store.ts";

/** What decides which clips are taken and what becomes of them, beside the model. */
export interface PlanOptions {
  /** Shorter clips are rejected, seconds. */
  readonly minSeconds: number;
  /** Longer clips are rejected, seconds. */
  readonly maxSeconds: number;
  /** Whether sound that is damaged or cut short is rejected, instead of encoding what is there. */
  readonly rejectDamaged: boolean;
  /** Whether clips of silence alone are rejected. */
  readonly rejectSilent: boolean;
  /** Bytes after which a shard is full. */
  readonly shardBytes: number;
}

/** A piece of work that one worker does as a whole. */
export interface PlannedUnit {
  readonly clips: number;
  /** Seconds of sound, as far as they are known before. */
  readonly seconds: number;
  /** SHA-256 of the entries. */
  readonly sha256: string;
}

/** A plan as it is stored. */
export interface Plan {
  readonly format: "twelvehz-plan";
  readonly version: 1;
  readonly hash: string;
  readonly spec: CodesSpec;
  readonly options: PlanOptions;
  /** The model as it was asked for. */
  readonly model: string | undefined;
  /** A module whose `openCodec` stands in for that of `@twelvehz/codec/node`. */
  readonly codecModule?: string | undefined;
  /** Whether several codecs at once are faster than one. */
  readonly parallelCodecs: boolean;
  /** As they were given, for people. */
  readonly sources: readonly string[];
  /** Folders and addresses that places of sounds refer to. */
  readonly roots: readonly string[];
  /** What was there when it was made: the corpus that is added to. */
  readonly after: { readonly hash: string; readonly shards: number } | null;
  readonly units: readonly PlannedUnit[];
}

/** SHA-256 over what decides the result. Where the sources lie does not. */
export function planHash({ spec, options, after, units }: Pick<Plan, "spec" | "options" | "after" | "units">): string {
  return sha256(JSON.stringify({ after, options, spec, units }, sortedKeys));
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 of a text or of bytes, 64 hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * The plan that is in work, or undefined.
 * @throws CodecError `bad-format` when there is one that cannot be used
 */
export async function readPlan(store: Store): Promise<Plan | undefined> {
  const bytes = await store.read(KEYS.plan);
  if (!bytes) return undefined;
  const plan = parsePlan(bytes);
  if (plan) return plan;
  throw new CodecError(
    "bad-format",
    `Cannot go on in ${JSON.stringify(store.address)}: its plan is damaged; remove ".twelvehz" and begin anew`,
  );
}

function parsePlan(bytes: Uint8Array): Plan | undefined {
  try {
    const plan = JSON.parse(Buffer.from(bytes).toString("utf8")) as Plan;
    return plan.format === "twelvehz-plan" && plan.version === 1 && plan.hash === planHash(plan) ? plan : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The entries of a unit.
 * @throws CodecError `bad-format` when they are not those of the plan
 */
export async function readEntries(store: Store, plan: Plan, unit: number): Promise<Entry[]> {
  const bytes = await store.read(entriesKey(unit));
  if (!bytes || sha256(bytes) !== plan.units[unit]?.sha256)
    throw new CodecError(
      "bad-format",
      `Cannot do unit ${unit} of ${JSON.stringify(store.address)}: its entries are ${bytes ? "damaged" : "missing"}; remove ".twelvehz" and begin anew`,
    );
  const text = Buffer.from(bytes).toString("utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Entry]));
}
