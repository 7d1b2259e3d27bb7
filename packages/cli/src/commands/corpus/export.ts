import { type Command, Option } from "@commander-js/extra-typings";
import { examples, jsonOption } from "../../options.ts";
import { TerminalBar } from "../../progress.ts";
import { printReport } from "../../report.ts";

/** As `EXPORT_FORMATS` of the package, which is not loaded before it is needed. */
const FORMATS = ["parquet", "qwen", "webdataset", "shar", "megatron", "t12"] as const;

/** Adds `twelvehz corpus export`. */
export function addCorpusExport(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("export")
    .summary("a corpus in the form of other tools")
    .description(
      "parquet: for the Hub, DuckDB, Spark. qwen: JSONL with audio_codes for Qwen3-TTS fine-tuning. webdataset: tars of .npy and .json. shar: Lhotse, NeMo, field target_codes. megatron: .bin and .idx. t12: a token file for each clip. Every row is held against its checksum; the folder appears when all is in it.",
    )
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .requiredOption("-o, --output <folder>", "a local folder that is not there, or is empty")
    .addOption(new Option("-f, --format <format>", "form").choices(FORMATS).makeOptionMandatory())
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples("twelvehz corpus export corpus/ -f parquet -o hub/\ntwelvehz corpus export corpus/ -f qwen -o finetune/"),
    )
    .action(async (folder, { output, format, json }) => {
      const { exportCorpus, openStore } = await import("@twelvehz/corpus");
      const bar = new TerminalBar(`export ${folder}`, "{done} of {whole} clips");
      const began = performance.now();
      try {
        const onProgress = (done: number, whole: number): void => bar.show(done, whole, { done: String(done), whole: String(whole) });
        const { clips } = await exportCorpus(await openStore(folder), format, output, { signal, onProgress });
        const seconds = (performance.now() - began) / 1000;
        const rows = [["clips", String(clips)] as const, ["took", `${seconds.toFixed(2)} s`] as const];
        printReport(
          { title: `${folder} -> ${output} (${format})`, rows, json: { corpus: folder, output, format, clips, seconds } },
          { json },
        );
      } finally {
        bar.stop();
      }
    });
}
