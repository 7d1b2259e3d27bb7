import type { Command } from "@commander-js/extra-typings";
import { examples } from "../options.ts";
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
    .description(
      "Corpora that twelvehz tokenize makes: folders, or prefixes of S3, with speech as codes and all that is known of each clip, for training.",
    )
    .addHelpText(
      "after",
      examples("twelvehz corpus info corpus/\ntwelvehz corpus verify corpus/\ntwelvehz corpus export corpus/ -f parquet -o hub/"),
    ) as unknown as Command;
  addCorpusWorker(corpus, signal);
  addCorpusInfo(corpus, signal);
  addCorpusVerify(corpus, signal);
  addCorpusStats(corpus, signal);
  addCorpusAppend(corpus, signal);
  addCorpusExport(corpus, signal);
}
