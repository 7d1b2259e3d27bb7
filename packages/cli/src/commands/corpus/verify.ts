import type { Command } from "@commander-js/extra-typings";
import { CodecError } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { TerminalBar } from "../../progress.ts";
import { printReport } from "../../report.ts";

/** Adds `twelvehz corpus verify`. */
export function addCorpusVerify(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("verify")
    .summary("read all of a corpus against its checksums")
    .description("Checks every shard and every row, names and counts. A byte that has changed is told with the clip that it is of.")
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz corpus verify corpus/"))
    .action((folder, options) => verifyCommand(folder, options, signal));
}

async function verifyCommand(folder: string, { json }: { readonly json?: boolean | undefined }, signal: AbortSignal): Promise<void> {
  const { openStore, verifyCorpus } = await import("@twelvehz/corpus");
  const bar = new TerminalBar(`verify ${folder}`, "{done} of {whole} clips");
  try {
    const onProgress = (done: number, whole: number): void => bar.show(done, whole, { done: String(done), whole: String(whole) });
    const { clips, faults } = await verifyCorpus(await openStore(folder), { signal, onProgress });
    bar.stop();
    for (const { file, clip, reason } of faults)
      process.stderr.write(`twelvehz: ${file}: ${clip === undefined ? "" : `clip ${JSON.stringify(clip)}: `}${reason}\n`);
    const rows = [["clips", String(clips)] as const, ["faults", faults.length === 0 ? "none" : String(faults.length)] as const];
    printReport({ title: folder, rows, json: { corpus: folder, clips, faults } }, { json });
    if (faults.length > 0)
      throw new CodecError("bad-format", `Cannot vouch for ${JSON.stringify(folder)}: ${faults.length} faults were found`);
  } finally {
    bar.stop();
  }
}
