import type { Command } from "@commander-js/extra-typings";
import { OutputFile } from "@twelvehz/codec/node";
import type { CorpusStats, Spread } from "@twelvehz/corpus";
import { examples, jsonOption } from "../../options.ts";
import { printReport, type Report } from "../../report.ts";

/** Adds `twelvehz corpus stats`. */
export function addCorpusStats(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("stats")
    .summary("what is in a corpus")
    .description("Hours, frames, lengths, languages, level, silence, and how each layer uses its codes.")
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .option("--html <file>", "write a page with all of it")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz corpus stats corpus/\ntwelvehz corpus stats corpus/ --html stats.html"))
    .action((folder, options) => statsCommand(folder, options, signal));
}

interface StatsCommandOptions {
  readonly html?: string | undefined;
  readonly json?: boolean | undefined;
}

async function statsCommand(folder: string, { html, json }: StatsCommandOptions, signal: AbortSignal): Promise<void> {
  const { corpusStats, openStore, statsPage } = await import("@twelvehz/corpus");
  const page = html === undefined ? undefined : await OutputFile.create(html);
  try {
    const stats = await corpusStats(await openStore(folder), signal);
    await page?.write(Buffer.from(statsPage(folder, stats)));
    await page?.commit();
    printReport(report(folder, stats), { json, dataOnStdout: html === "-" });
  } catch (error) {
    await page?.discard();
    throw error;
  }
}

function report(folder: string, stats: CorpusStats): Report {
  const spread = ({ least, median, p95, most, mean }: Spread): string =>
    `${least} least, ${median} median, ${mean} mean, ${p95} at 95 %, ${most} most`;
  const languages = stats.languages.slice(0, 5).map(({ name, seconds }) => `${name} ${(seconds / 3600).toFixed(2)} h`);
  const more = stats.languages.length > 5 ? `, and ${stats.languages.length - 5} more` : "";
  return {
    title: folder,
    rows: [
      ["clips", `${stats.clips}, ${stats.rejected} rejected`],
      ["sound", `${stats.hours} h, ${stats.frames} frames`],
      ["duration, s", spread(stats.duration)],
      ["level, dBFS", spread(stats.levelDb)],
      ["silence", `${(100 * stats.silentShare).toFixed(1)} % of the sound`],
      ["languages", languages.join(", ") + more],
      ["speakers", String(stats.speakers)],
      ["texts", `${stats.texts}, ${stats.characters} characters`],
      ["model", stats.model],
      ...stats.layers.map(({ used, entropyBits }, k): [string, string] => [
        `layer ${k}`,
        `${entropyBits.toFixed(2)} bits, ${used} of ${stats.codebookSize} codes used`,
      ]),
    ],
    json: { corpus: folder, ...stats },
  };
}
