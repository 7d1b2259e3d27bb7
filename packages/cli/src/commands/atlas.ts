import type { Command } from "@commander-js/extra-typings";
import type { OutputFile } from "@twelvehz/codec/node";
import type { Atlas, AtlasProgress } from "@twelvehz/eval/node";
import { examples, modelOption, wholeNumber } from "../options.ts";
import { openOutputFiles } from "../output-files.ts";
import { ProgressBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport } from "../report.ts";

/** Options of `twelvehz atlas`. */
interface AtlasCommandOptions {
  readonly output: string;
  readonly json?: string | undefined;
  readonly limit?: number | undefined;
  readonly seconds?: number | undefined;
  readonly costClips?: number | undefined;
  readonly model?: string | undefined;
}

/** Adds `twelvehz atlas`. */
export function addAtlas(program: Command, signal: AbortSignal): void {
  program
    .command("atlas")
    .summary("what the codes of a model stand for, as a page")
    .description(
      "Encodes a folder of speech and shows, layer by layer: how many entries are in use, what each sounds like, the map of the codebook, what switching the layer off costs, and the entropy of the codes.",
    )
    .argument("<folder>", "folder of sound files, with all folders below it; a manifest (.jsonl, .csv); or one sound file")
    .option("-o, --output <file>", "the page, one file", "atlas.html")
    .option("--json <file>", "write everything as JSON too")
    .option("--limit <n>", "use n clips, spread evenly over the folder; default: all", wholeNumber(1, 1_000_000))
    .option("--seconds <n>", "use the first n seconds of each clip; default: 12", wholeNumber(1, 3600))
    .option(
      "--cost-clips <n>",
      "measure what each layer is worth on n of the clips, the slow part; 0 = not at all; default: 24",
      wholeNumber(0, 1_000_000),
    )
    .addOption(modelOption)
    .addHelpText(
      "after",
      examples("twelvehz atlas speech/\ntwelvehz atlas speech/ -o atlas.html --json atlas.json --limit 100 --cost-clips 10"),
    )
    .action((folder, options) => atlasCommand(folder, options, signal));
}

/** `twelvehz atlas`: the meaning of the codes, as far as a folder of speech shows it. */
async function atlasCommand(folder: string, options: AtlasCommandOptions, signal: AbortSignal): Promise<void> {
  const { atlasJson, atlasMaking, atlasOfFolder, atlasPage } = await import("@twelvehz/eval/node"); // the other commands start without it
  const outputs = await openOutputFiles([options.output, ...(options.json === undefined ? [] : [options.json])]);
  const bar = new ProgressBar(`atlas ${folder}`);
  try {
    const { limit, seconds, costClips, model } = options;
    const atlas = await atlasOfFolder(folder, {
      model,
      limit,
      seconds,
      costClips,
      signal,
      onProgress: (done) => bar.update(estimate(done)),
    });
    const made = atlasMaking(["twelvehz", ...process.argv.slice(2)].join(" "));
    const texts = [atlasPage(atlas, made.words), atlasJson(atlas, { ...made })];
    for (const [i, output] of outputs.entries()) await output.write(new TextEncoder().encode(texts[i]));
    for (const output of outputs) await output.commit();
    bar.stop();
    printAtlas(atlas, folder, outputs);
  } finally {
    bar.stop();
    await Promise.all(outputs.map((output) => output.discard()));
  }
}

/** Clips that are not read yet are taken to be as long as those before them. */
function estimate({ doneClips, totalClips, doneSeconds }: AtlasProgress): { doneSeconds: number; totalSeconds: number } {
  return { doneSeconds, totalSeconds: (doneSeconds * totalClips) / doneClips };
}

function printAtlas({ model, clips, seconds, frames, layers, entropy }: Atlas, folder: string, outputs: readonly OutputFile[]): void {
  const { perplexity, ifEven } = layers[0]!.use;
  const { context, savingPercent } = entropy.contexts.reduce((best, row) => (row.savingPercent > best.savingPercent ? row : best));
  const rows: [string, string][] = [
    ...outputs.map(({ path, position }): [string, string] => ["written", `${path}, ${formatBytes(position)}`]),
    ["speech", `${clips} clip${clips === 1 ? "" : "s"}, ${formatSeconds(seconds)}, ${frames} frames`],
    ["perplexity", `layer 0: ${perplexity.toFixed(0)} of ${model.codebookSize}; so few frames can show ${ifEven.perplexity.toFixed(0)}`],
    ["entropy coding", `saves ${savingPercent.toFixed(1)} % at most (context: ${context})`],
    ["model", model.name],
  ];
  printReport({ title: `${folder}: atlas`, rows, json: {} }, { dataOnStdout: outputs.some(({ path }) => path === "-") });
}
