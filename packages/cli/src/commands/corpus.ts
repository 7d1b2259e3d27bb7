import type { Command } from "@commander-js/extra-typings";
import { addCorpusAppend } from "./corpus/append.ts";
import { addCorpusExport } from "./corpus/export.ts";
import { addCorpusInfo } from "./corpus/info.ts";
import { addCorpusStats } from "./corpus/stats.ts";
import { addCorpusVerify } from "./corpus/verify.ts";
import { addCorpusWorker } from "./corpus/worker.ts";

/** Adds `twelvehz corpus` with all that is below it. */
export function addCorpus(program: Command, signal: AbortSignal): void {
  const corpus = program
    .command("corpus")
    .summary("corpora of codes: work, verify, stats, append, info, export")
    .description("What is done with corpora that twelvehz tokenize makes.") as unknown as Command;
  addCorpusWorker(corpus, signal);
  addCorpusInfo(corpus, signal);
  addCorpusVerify(corpus, signal);
  addCorpusStats(corpus, signal);
  addCorpusAppend(corpus, signal);
  addCorpusExport(corpus, signal);
}
