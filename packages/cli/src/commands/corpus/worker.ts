import { type Command, Option } from "@commander-js/extra-typings";
import type { RunProgress, WorkOptions } from "@twelvehz/corpus";
import { examples, jsonOption, wholeNumber } from "../../options.ts";
import { printReport } from "../../report.ts";
import { metricsPortOption, redisOption, rejectLimit, withProgress } from "../tokenize.ts";
import { keepHeapSmall } from "../../small-heap.ts";

/** Adds `twelvehz corpus worker`. */
export function addCorpusWorker(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("worker")
    .summary("do the units of a plan, on any machine that sees the store")
    .description(
      "Works on a plan of twelvehz tokenize: what Redis hands out (--redis), a part by a number (--unit-index, for Slurm arrays and indexed jobs of Kubernetes), or all of it. A worker may be killed at any time: a unit in work is done again.",
    )
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .addOption(redisOption)
    .option("--unit-index <i>", "do the units i, i + count, i + 2 count ... alone", wholeNumber(0, 1_000_000))
    .option("--index-count <n>", "how many such workers there are; default: the number of units", wholeNumber(1, 1_000_000))
    .option("--finish", "make the corpus of the units when all are done; default where neither Redis nor an index is given")
    .option("-j, --jobs <n>", "processes at once; default: one for each processor", wholeNumber(1, 256))
    .addOption(
      new Option("--lock-seconds <s>", "with Redis: how long a worker that does not answer keeps its unit; default: 60").argParser(
        wholeNumber(2, 3600),
      ),
    )
    .addOption(new Option("--max-rejects <n>", "as of twelvehz tokenize").argParser(rejectLimit))
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
  const state = corpus ? "finished" : "done here";
  const rows = [["units", last === undefined ? state : `${last.unitsDone} of ${last.units} done`] as const, ["corpus", state] as const];
  printReport({ title: folder, rows, json: { corpus: folder, finished: corpus !== undefined, progress: last } }, { json: options.json });
}
