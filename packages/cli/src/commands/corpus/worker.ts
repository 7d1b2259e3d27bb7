import { type Command, Option } from "@commander-js/extra-typings";
import { CodecError } from "@twelvehz/codec/node";
import type { RunProgress, WorkOptions } from "@twelvehz/corpus";
import { examples, jsonOption, wholeNumber } from "../../options.ts";
import { printReport, type Report } from "../../report.ts";
import { metricsPortOption, redisOption, rejectLimit, withProgress } from "../tokenize.ts";
import { keepHeapSmall } from "../../small-heap.ts";

/** Adds `twelvehz corpus worker`. */
export function addCorpusWorker(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("worker")
    .summary("help to make a corpus, on any machine that sees it")
    .description(
      "Works on a corpus that twelvehz tokenize has begun, unit by unit: those that Redis hands out (--redis, beside tokenize --engine bullmq), a part by a number (--unit-index, for Slurm arrays and indexed jobs of Kubernetes, after tokenize --plan-only), or all that are left. A worker may be killed at any time: a unit in work is done again. One of many that comes when all is finished has nothing to do, which is no error.",
    )
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .addOption(redisOption("do what is handed out there"))
    .option("--unit-index <i>", "do the units i, i + count, i + 2 count ... alone", wholeNumber(0, 1_000_000))
    .option("--index-count <n>", "how many such workers there are; default: the number of units", wholeNumber(1, 1_000_000))
    .option("--finish", "make the corpus when all units are done; default without --redis and --unit-index")
    .option("-j, --jobs <n>", "processes at once; default: one for each processor", wholeNumber(1, 256))
    .addOption(
      new Option("--lock-seconds <s>", "with --redis: how long a worker that does not answer keeps its unit; default: 60").argParser(
        wholeNumber(2, 3600),
      ),
    )
    .addOption(new Option("--max-rejects <n>", "as of twelvehz tokenize; not with --redis").argParser(rejectLimit))
    .addOption(metricsPortOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz corpus worker corpus/\ntwelvehz corpus worker s3://bucket/corpus --redis redis://queue:6379\ntwelvehz corpus worker corpus/ --unit-index $SLURM_ARRAY_TASK_ID --index-count $SLURM_ARRAY_TASK_COUNT",
      ),
    )
    .action((folder, options) => workerCommand(folder, options, signal));
}

interface WorkerCommandOptions extends Pick<WorkOptions, "redis" | "finish" | "lockSeconds" | "maxRejects"> {
  readonly unitIndex?: number | undefined;
  readonly indexCount?: number | undefined;
  readonly jobs?: number | undefined;
  readonly metricsPort?: number | undefined;
  readonly json?: boolean | undefined;
}

async function workerCommand(folder: string, options: WorkerCommandOptions, signal: AbortSignal): Promise<void> {
  keepHeapSmall();
  const { workOn } = await import("@twelvehz/corpus");
  if (options.indexCount !== undefined && options.unitIndex === undefined)
    throw new CodecError("usage", "Cannot share the units among so many workers: give the number of this one with --unit-index, too");
  const { unitIndex, indexCount, jobs: workers, ...rest } = options;
  const index = unitIndex === undefined ? undefined : { index: unitIndex, count: indexCount };
  let last: RunProgress | undefined;
  const corpus = await withProgress(`work on ${folder}`, options.metricsPort, (onProgress) =>
    workOn(folder, {
      ...rest,
      workers,
      index,
      signal,
      onProgress: (view) => {
        last = view;
        onProgress(view);
      },
    }),
  );
  const isFinished = corpus !== undefined;
  const rows: Report["rows"] = [
    ...(last === undefined ? [] : [["units", unitsTold(last, isFinished, index)] as const]),
    ["corpus", stateTold(folder, isFinished, last)],
  ];
  printReport({ title: folder, rows, json: { corpus: folder, finished: isFinished, progress: last } }, { json: options.json });
}

/** How many units are of an index, where one is given, and how many of all are done. */
function unitsTold({ units, unitsDone }: RunProgress, isFinished: boolean, index: WorkOptions["index"]): string {
  const done = `${isFinished ? units : unitsDone} of ${units} done`;
  if (!index) return done;
  const { count = units } = index;
  const own = Math.max(0, Math.ceil((units - index.index) / count));
  return `${own} ${own === 1 ? "unit" : "units"} for this index; ${done}`;
}

function stateTold(folder: string, isFinished: boolean, last: RunProgress | undefined): string {
  if (isFinished) return last === undefined ? "finished already" : "finished";
  if (last === undefined || last.unitsDone < last.units) return "in work";
  return `all units are done; twelvehz corpus worker ${folder} finishes it`;
}
