import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { CodecError } from "@twelvehz/codec/node";
import type { ContentOptions, RunProgress, TokenizeOptions, TokenizeResult } from "@twelvehz/corpus";
import { SomeFailedError } from "../convert-all.ts";
import { examples, jsonOption, layersOption, modelOption, wholeNumber } from "../options.ts";
import { TerminalBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport } from "../report.ts";
import { keepHeapSmall } from "../small-heap.ts";

/** Options of the commands that make a corpus, as commander gives them. */
export interface MakeCorpusOptions extends Omit<ContentOptions, "shardBytes">, Pick<TokenizeOptions, "maxRejects" | "planOnly"> {
  readonly shardMb?: number | undefined;
  readonly jobs?: number | undefined;
  readonly engine?: "local" | "bullmq" | undefined;
  readonly redis?: string | undefined;
  readonly metricsPort?: number | undefined;
  readonly json?: boolean | undefined;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 43_200)) throw new InvalidArgumentError("It must be seconds, 0 to 43200.");
  return value;
}

/** A number of clips, or a share of all: `100`, `2%`. */
export function rejectLimit(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
  const fits = match?.[2] === "%" ? value < 1 : Number.isInteger(value);
  if (!match || !fits) throw new InvalidArgumentError('It must be a number of clips, or a share of them such as "2%".');
  return value;
}

/** Where Redis is, and when that is asked. */
export function redisOption(when: string): Option<"--redis <url>"> {
  return new Option("--redis <url>", `${when}: address of Redis, such as redis://host:6379`);
}
/** Where metrics are served. */
export const metricsPortOption: Option<"--metrics-port <n>", undefined, undefined, number> = new Option(
  "--metrics-port <n>",
  "serve metrics for Prometheus at http://127.0.0.1:PORT/metrics while it works",
).argParser(wholeNumber(1, 65_535));

/** Shows how far a run is while it lasts, and serves its metrics where a port is given. */
export async function withProgress<T>(
  label: string,
  port: number | undefined,
  work: (onProgress: (view: RunProgress) => void) => Promise<T>,
): Promise<T> {
  const bar = new CorpusBar(label);
  try {
    return await withMetrics(port, (update) =>
      work((view) => {
        bar.update(view);
        update(view);
      }),
    );
  } finally {
    bar.stop();
  }
}

async function withMetrics<T>(port: number | undefined, work: (update: (view: RunProgress) => void) => Promise<T>): Promise<T> {
  if (port === undefined) return work(() => undefined);
  const { serveRunMetrics } = await import("@twelvehz/corpus");
  const metrics = await serveRunMetrics(port);
  try {
    return await work((view) => metrics.update(view));
  } finally {
    await metrics.close();
  }
}

/** Options of every command that makes a corpus. */
export function makingOptions(): Option[] {
  return [
    modelOption,
    layersOption,
    new Option(
      "--attention <mode>",
      "what the published model's encoder sees: reference = all since the start (default), windowed = the last 10 s",
    ).choices(["reference", "windowed"]),
    new Option("--min-seconds <s>", "reject shorter clips; default: 0.2").argParser(seconds),
    new Option("--max-seconds <s>", "reject longer clips; default: 3600, or 320 for models with attention").argParser(seconds),
    new Option("--lenient", "take what is there of sound that is damaged, cut short or declares wrong numbers; default: reject it"),
    new Option("--keep-silent", "keep clips of silence; default: reject them"),
    new Option("--shard-mb <n>", "size of a shard, 64 to 256; default: 128").argParser(wholeNumber(64, 256)),
    new Option(
      "--unit-seconds <s>",
      "most sound of one unit of work, which is all that a killed worker loses; default: 14400, or 900 where one codec takes all processors",
    ).argParser(wholeNumber(1, 43_200)),
    new Option("--bad-lines <what>", "broken lines of manifests, and ids that come twice: fail (default) or skip = reject them").choices([
      "fail",
      "skip",
    ]),
    new Option("--max-rejects <n>", 'stop when more clips are rejected: a number, or a share such as "2%"; default: never').argParser(
      rejectLimit,
    ),
    new Option(
      "-j, --jobs <n>",
      "processes at once on this machine; default: one for each processor, one where a codec takes all; with --engine bullmq none: workers do it all",
    ).argParser(wholeNumber(1, 256)),
    new Option("--codec-module <path>", "a module whose openCodec() stands in for ours").hideHelp(),
    new Option(
      "--engine <name>",
      "who does the work: local = processes on this machine (default), bullmq = workers anywhere, through Redis",
    ).choices(["local", "bullmq"]),
    redisOption("with --engine bullmq"),
    metricsPortOption,
    jsonOption,
  ] as unknown as Option[];
}

/** Adds `twelvehz tokenize`. */
export function addTokenize(program: Command, signal: AbortSignal): void {
  const command = program
    .command("tokenize")
    .summary("speech to a corpus of codes, for training")
    .description(
      "Turns speech into codes once, with text, speaker and all that a manifest says beside them: Arrow shards that datasets.load_from_disk and twelvehz-data map. Clips that cannot be used are listed in rejects.jsonl of the corpus, with the reason, and the exit status is 3 then. A run that was stopped goes on when it is started again.",
    )
    .argument("<source...>", "folders, manifests (.jsonl .csv .tsv, also of NeMo and Lhotse), .tar, .parquet, sound files; also s3://")
    .requiredOption("-o, --output <folder>", "folder of the corpus, or s3://bucket/prefix");
  for (const option of makingOptions()) command.addOption(option);
  command
    .addOption(
      new Option("--plan-only", "make the plan alone; twelvehz corpus worker does it, on one machine or many").conflicts([
        "engine",
        "redis",
        "jobs",
        "maxRejects",
        "metricsPort",
      ]),
    )
    .addHelpText(
      "after",
      examples(
        "twelvehz tokenize speech/ -o corpus/\ntwelvehz tokenize train.jsonl -o corpus/ --bad-lines skip --max-rejects 1%\ntwelvehz tokenize s3://bucket/speech.tar -o s3://bucket/corpus\ntwelvehz tokenize speech/ -o corpus/ --engine bullmq --redis redis://host:6379 --jobs 2",
      ),
    )
    .action((sources, options) => tokenizeCommand(sources, options as MakeCorpusOptions & { readonly output: string }, signal));
}

async function tokenizeCommand(
  sources: readonly string[],
  options: MakeCorpusOptions & { readonly output: string },
  signal: AbortSignal,
): Promise<void> {
  keepHeapSmall();
  const { tokenize } = await import("@twelvehz/corpus");
  await makeCorpus(options.output, options, signal, (made) => tokenize(sources, options.output, made));
}

/**
 * Makes or adds to a corpus, shows how far it is, and tells what came of it.
 * @throws SomeFailedError when clips were rejected
 */
export async function makeCorpus(
  output: string,
  options: MakeCorpusOptions,
  signal: AbortSignal,
  work: (options: TokenizeOptions) => Promise<TokenizeResult>,
): Promise<void> {
  const began = performance.now();
  const { jobs: workers, shardMb, codecModule, ...rest } = options;
  const shardBytes = shardMb === undefined ? undefined : shardMb * 2 ** 20;
  const module = codecModule === undefined ? undefined : new URL(codecModule, `file://${process.cwd()}/`).href;
  const engine = await engineOf(options);
  const result = await withProgress(`tokenize ${output}`, options.metricsPort, (onProgress) =>
    work({ ...rest, codecModule: module, engine, workers, shardBytes, signal, onProgress }),
  );
  tell(output, result, (performance.now() - began) / 1000, options);
}

async function engineOf({ engine, redis, jobs }: MakeCorpusOptions): Promise<TokenizeOptions["engine"]> {
  if (engine !== "bullmq" && redis !== undefined)
    throw new CodecError("usage", "Cannot use --redis with the work on this machine alone: add --engine bullmq, or leave out --redis");
  if (engine !== "bullmq") return undefined;
  if (redis === undefined) throw new CodecError("usage", "Cannot use the engine bullmq: give the address of Redis with --redis");
  const { runOnQueue } = await import("@twelvehz/corpus");
  return (store, plan, options) => runOnQueue(store, plan, { ...options, redis, workers: jobs });
}

function tell(
  output: string,
  { plan, corpus, wasDone, soundSeconds = 0 }: TokenizeResult,
  seconds: number,
  { json }: MakeCorpusOptions,
): void {
  if (!corpus) {
    const next = `twelvehz corpus worker ${output}`;
    const rows = [["clips", String(plan.clips)] as const, ["units", String(plan.units)] as const, ["next", next] as const];
    return printReport({ title: `plan for ${output}`, rows, json: { output, plan } }, { json });
  }
  const bytes = corpus.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  printReport(
    {
      title: wasDone ? `${output} is there already` : output,
      rows: [
        ["clips", `${corpus.clips}, ${formatSeconds(corpus.seconds)}, ${corpus.frames} frames`],
        ["rejected", corpus.rejected === 0 ? "none" : `${corpus.rejected}, see rejects.jsonl`],
        ["shards", `${corpus.shards.length}, ${formatBytes(bytes)}`],
        ["took", `${formatSeconds(seconds)}, ${(soundSeconds / seconds).toFixed(1)} x real time`],
        ["model", corpus.spec.model?.name ?? "unknown"],
      ],
      json: { output, seconds, plan, corpus, wasDone },
    },
    { json },
  );
  const rejected = corpus.plans.find(({ hash }) => hash === plan.hash)?.rejected ?? 0;
  if (rejected > 0) throw new SomeFailedError(`${rejected} of ${plan.clips} clips were rejected; ${output}/rejects.jsonl says why`);
}

/** How far a corpus is: clips, rate, rejects, time left. */
class CorpusBar {
  readonly #bar: TerminalBar;

  /** @param label what is being done */
  constructor(label: string) {
    this.#bar = new TerminalBar(label, "{done} of {whole} clips | {speed} x real time | {rejected} rejected | {left} left");
  }

  /** Takes the progress of a run. */
  readonly update = ({ clipsDone, clips, rate, rejected, leftSeconds }: RunProgress): void => {
    const left = leftSeconds === undefined ? "?" : formatSeconds(leftSeconds);
    const [done, whole] = [String(clipsDone), String(clips)];
    this.#bar.show(clipsDone, clips, { done, whole, speed: rate.toFixed(0), rejected: String(rejected), left });
  };

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }
}
