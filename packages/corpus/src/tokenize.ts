import { availableParallelism } from "node:os";
import { type Attention, type Codec, CodecError, openCodec, specOf } from "@twelvehz/codec/node";
import { type CorpusInfo, readCorpusInfo, requireCorpus } from "./corpus-info.ts";
import { type RunOptions, runLocally } from "./engine/run-plan.ts";
import { finishPlan } from "./plan/finish.ts";
import { IdSet } from "./plan/id-set.ts";
import { draftPlan, publishPlan } from "./plan/make-plan.ts";
import { type Plan, type PlanOptions, readPlan } from "./plan/plan.ts";
import { readRows } from "./rows/read-shards.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";

/** Options of {@link tokenize} that decide what is in the corpus. */
export interface ContentOptions {
  /** As for `openCodec`. */
  readonly model?: string | undefined;
  /** The first layers, 1 to K. Default: all. */
  readonly layers?: number | undefined;
  /** What the published model's encoder sees. Default `reference`. */
  readonly attention?: Attention | undefined;
  /** Shorter clips are rejected, seconds. Default 0.2. */
  readonly minSeconds?: number | undefined;
  /** Longer clips are rejected, seconds. Default 320 where the model has attention, else 3600. */
  readonly maxSeconds?: number | undefined;
  /** Take what is there of damaged sound. Default false: such clips are rejected. */
  readonly lenient?: boolean | undefined;
  /** Keep clips of silence. Default false: they are rejected. */
  readonly keepSilent?: boolean | undefined;
  /** Bytes after which a shard is full, 2^26 to 2^28 (tests take less). Default 2^27. */
  readonly shardBytes?: number | undefined;
  /** Broken lines of manifests and names that come twice: `fail` (default), or rejects. */
  readonly badLines?: "fail" | "skip" | undefined;
  /** A module whose `openCodec` stands in for ours, for codecs of one's own. */
  readonly codecModule?: string | undefined;
  /** Longest unit of work, seconds of sound. Default: 4 h, 15 min for models that take all processors. */
  readonly unitSeconds?: number | undefined;
}

/** Options of {@link tokenize}. */
export interface TokenizeOptions extends ContentOptions, RunOptions {
  /** Processes at once. Default: one for each processor; one where a codec takes all of them. */
  readonly workers?: number | undefined;
  /** Make the plan, and let others do it. Default false. */
  readonly planOnly?: boolean | undefined;
  /** Who does the units. Default: processes on this machine. */
  readonly engine?: Engine | undefined;
  /** Told how many clips have been found while the plan is made. */
  readonly onFound?: ((clips: number) => void) | undefined;
  readonly onProcess?: ((event: "started" | "died", pid: number) => void) | undefined;
  /** Time after which a clip hangs and is given up, ms. Default 20 minutes. */
  readonly hangMs?: number | undefined;
}

/** Does the units of a plan that are not done. */
export type Engine = (
  store: Store,
  plan: Plan,
  options: RunOptions & { readonly workers: number; readonly threads?: number | undefined },
) => Promise<unknown>;

/** What {@link tokenize} has done. */
export interface TokenizeResult {
  readonly plan: { readonly hash: string; readonly units: number; readonly clips: number };
  /** Undefined where only the plan was made. */
  readonly corpus: CorpusInfo | undefined;
  /** Whether it was there already. */
  readonly wasDone: boolean;
  /** Seconds of sound that this plan has brought; undefined where only the plan was made. */
  readonly soundSeconds?: number | undefined;
}

const LONG_SECONDS = 3600;
const ATTENTION_SECONDS = 320;
const UNIT_SECONDS = 14_400;
const SLOW_UNIT_SECONDS = 900;

/**
 * Turns the speech of sources into a corpus. A run that was stopped, in whatever way, goes on where
 * it was when it is called again in the same way.
 * @param sources folders, manifests, tars, Parquet; on the disk or `s3://`
 * @param output folder or `s3://bucket/prefix` of the corpus
 * @throws CodecError `usage` when another corpus or plan is there; what planning fails with;
 * `bad-audio` over `maxRejects`; `aborted`
 */
export async function tokenize(sources: readonly string[], output: string, options: TokenizeOptions = {}): Promise<TokenizeResult> {
  return run(await openStore(output), sources, options, undefined);
}

/**
 * Adds the speech of other sources to a corpus that is finished, with the model and the options that
 * it was made with.
 * @throws CodecError `model-mismatch` for another model; as {@link tokenize}
 */
export async function append(output: string, sources: readonly string[], options: TokenizeOptions = {}): Promise<TokenizeResult> {
  const store = await openStore(output);
  return run(store, sources, options, await requireCorpus(store));
}

async function run(
  store: Store,
  sources: readonly string[],
  options: TokenizeOptions,
  before: CorpusInfo | undefined,
): Promise<TokenizeResult> {
  if (sources.length === 0) throw new CodecError("usage", "Cannot make a corpus of nothing: give a folder, or a manifest");
  const facts = await modelFacts(options, before);
  const { plan, isDone } = await planOf(store, sources, options, facts, before);
  const told = { hash: plan.hash, units: plan.units.length, clips: plan.units.reduce((sum, { clips }) => sum + clips, 0) };
  if (isDone) return { plan: told, corpus: await requireCorpus(store), wasDone: true };
  if (options.planOnly) return { plan: told, corpus: undefined, wasDone: false };
  const engine = options.engine ?? runLocally;
  await engine(store, plan, { ...options, workers: options.workers ?? facts.workers, threads: facts.threads(options.workers) });
  const corpus = await finishPlan(store, plan, options.signal);
  return { plan: told, corpus, wasDone: false, soundSeconds: corpus.seconds - (before?.seconds ?? 0) };
}

/** What the model says of itself, and what follows from it. */
interface ModelFacts {
  readonly spec: Plan["spec"];
  readonly options: PlanOptions;
  readonly unitSeconds: number;
  readonly workers: number;
  readonly parallelCodecs: boolean;
  threads(workers: number | undefined): number | undefined;
}

async function modelFacts(options: ContentOptions, before: CorpusInfo | undefined): Promise<ModelFacts> {
  const codec = await openPlanned(options);
  try {
    const { info } = codec;
    const layers = options.layers ?? before?.spec.layers;
    if (layers !== undefined && (layers < 1 || layers > info.layers))
      throw new CodecError("usage", `Cannot keep ${layers} layers: the model has ${info.layers}; choose 1 to ${info.layers}`);
    const spec = specOf(info, options.attention ?? before?.spec.attention, layers);
    if (before && JSON.stringify(before.spec) !== JSON.stringify(spec))
      throw new CodecError(
        "model-mismatch",
        `Cannot add to the corpus: it holds ${describe(before.spec)}, and this would add ${describe(spec)}; choose the model with --model`,
      );
    const { parallelCodecs, attention } = info.traits;
    return {
      spec: JSON.parse(JSON.stringify(spec)) as Plan["spec"],
      options: planOptions(options, attention ? ATTENTION_SECONDS : LONG_SECONDS, before),
      unitSeconds: options.unitSeconds ?? (parallelCodecs ? UNIT_SECONDS : SLOW_UNIT_SECONDS),
      parallelCodecs,
      workers: parallelCodecs ? availableParallelism() : 1,
      threads: (workers) => (parallelCodecs ? undefined : Math.max(1, Math.floor(availableParallelism() / (workers ?? 1)))),
    };
  } finally {
    await codec.close();
  }
}

function describe({ model, layers, attention }: Plan["spec"]): string {
  return `codes of ${model?.name} (${model?.id}), ${layers} layers, attention ${attention}`;
}

async function openPlanned({ codecModule, model }: ContentOptions): Promise<Codec> {
  if (codecModule === undefined) return openCodec(model);
  return ((await import(codecModule)) as { openCodec: (model: string | undefined) => Promise<Codec> }).openCodec(model);
}

function planOptions(options: ContentOptions, longest: number, before: CorpusInfo | undefined): PlanOptions {
  const old = before?.plans[0]?.options;
  const choice: PlanOptions = {
    minSeconds: options.minSeconds ?? old?.minSeconds ?? 0.2,
    maxSeconds: options.maxSeconds ?? old?.maxSeconds ?? longest,
    rejectDamaged: options.lenient === undefined ? (old?.rejectDamaged ?? true) : !options.lenient,
    rejectSilent: options.keepSilent === undefined ? (old?.rejectSilent ?? true) : !options.keepSilent,
    shardBytes: options.shardBytes ?? old?.shardBytes ?? 2 ** 27,
  };
  if (!(choice.minSeconds >= 0 && choice.maxSeconds > choice.minSeconds && choice.maxSeconds <= 43_200))
    throw new CodecError(
      "usage",
      `Cannot take clips of ${choice.minSeconds} to ${choice.maxSeconds} s: give 0 or more, and more than that up to 43200`,
    );
  return choice;
}

async function planOf(
  store: Store,
  sources: readonly string[],
  options: TokenizeOptions,
  facts: ModelFacts,
  before: CorpusInfo | undefined,
): Promise<{ plan: Plan; isDone: boolean }> {
  const [known, finished] = [await readPlan(store), await readCorpusInfo(store)];
  const base = known?.after ? known.after : before ? lastOf(before) : null;
  const folder = await store.scratch();
  try {
    const ids = new IdSet();
    if (finished && base) for await (const { id } of readRows(store, finished.shards.slice(0, base.shards))) ids.add(id);
    const { unitSeconds, spec, options: planned } = facts;
    const { model, codecModule, signal, onFound } = options;
    const asked = { model, codecModule, signal, onFound };
    const draft = await draftPlan(
      {
        ...asked,
        badLines: options.badLines ?? "fail",
        sources,
        spec,
        options: planned,
        unitSeconds,
        parallelCodecs: facts.parallelCodecs,
        after: base,
        ids,
      },
      folder,
    );
    if (finished?.plans.some(({ hash }) => hash === draft.plan.hash)) return { plan: draft.plan, isDone: true };
    if (finished && !before && !known) throw occupied(store);
    if (known && known.hash !== draft.plan.hash) throw changed(store);
    if (!known) await publishPlan(store, draft);
    return { plan: known ?? draft.plan, isDone: false };
  } finally {
    await store.removeScratch(folder);
  }
}

function lastOf({ plans, shards }: CorpusInfo): NonNullable<Plan["after"]> {
  return { hash: plans.at(-1)?.hash ?? "", shards: shards.length };
}

function occupied({ address }: Store): CodecError {
  return new CodecError(
    "usage",
    `Cannot make a corpus in ${JSON.stringify(address)}: another one is there; add to it with twelvehz corpus append, or choose another place`,
  );
}

function changed({ address }: Store): CodecError {
  return new CodecError(
    "usage",
    `Cannot go on in ${JSON.stringify(address)}: its plan was made of other inputs, another model or other options; put them back, or remove ".twelvehz" in it and begin anew`,
  );
}
