import type { Command } from "@commander-js/extra-typings";
import { examples } from "../../options.ts";
import { makeCorpus, type MakeCorpusOptions, makingOptions } from "../tokenize.ts";

/** Adds `twelvehz corpus append`. */
export function addCorpusAppend(corpus: Command, signal: AbortSignal): void {
  const command = corpus
    .command("append")
    .summary("add speech to a corpus that is finished")
    .description(
      "Adds the clips of other sources as new shards, with the model and the options of the corpus. Goes on when it is started again.",
    )
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .argument("<source...>", "as of twelvehz tokenize");
  for (const option of makingOptions()) command.addOption(option);
  command.addHelpText("after", examples("twelvehz corpus append corpus/ more-speech/")).action(async (folder, sources, options) => {
    const { append } = await import("@twelvehz/corpus");
    await makeCorpus(folder, options as MakeCorpusOptions, signal, (made) => append(folder, sources, made));
  });
}
