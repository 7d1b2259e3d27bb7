import type { Command } from "@commander-js/extra-typings";
import { CodecError, framesPerSecond } from "@twelvehz/codec/node";
import type { CorpusInfo, RunProgress, Store } from "@twelvehz/corpus";
import { examples, jsonOption } from "../../options.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../../report.ts";
import { metricsPortOption, withProgress } from "../tokenize.ts";

/** Adds `twelvehz corpus info`. */
export function addCorpusInfo(corpus: Command, signal: AbortSignal): void {
  corpus
    .command("info")
    .summary("what a corpus is, or how far it is")
    .description(
      "Of a finished corpus what made it; of one in work what is done, by whatever engine: units, clips, rate, rejects, time left.",
    )
    .argument("<corpus>", "folder, or s3://bucket/prefix")
    .option("--watch", "stay until it is finished, and show how far it is")
    .addOption(metricsPortOption)
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz corpus info corpus/\ntwelvehz corpus info s3://bucket/corpus --watch --metrics-port 9100"))
    .action((folder, options) => infoCommand(folder, options, signal));
}

interface InfoCommandOptions {
  readonly watch?: boolean | undefined;
  readonly metricsPort?: number | undefined;
  readonly json?: boolean | undefined;
}

async function infoCommand(folder: string, { watch, metricsPort, json }: InfoCommandOptions, signal: AbortSignal): Promise<void> {
  if (metricsPort !== undefined && !watch) throw new CodecError("usage", "Cannot serve metrics of a look: stay with --watch");
  const { openStore, requireCorpus, watchPlan } = await import("@twelvehz/corpus");
  const store = await openStore(folder);
  if (watch) await watchUntilDone(folder, store, metricsPort, signal);
  const work = await watchPlan(store);
  printReport(work ? progressReport(folder, work.view) : corpusReport(folder, await requireCorpus(store)), { json });
}

async function watchUntilDone(folder: string, store: Store, metricsPort: number | undefined, signal: AbortSignal): Promise<void> {
  const { watchPlan } = await import("@twelvehz/corpus");
  const work = await watchPlan(store);
  if (!work) return;
  await withProgress(`corpus ${folder}`, metricsPort, async (onProgress) => {
    while (await work.watch.isInWork()) {
      onProgress(await work.watch.look());
      await work.watch.pause(signal);
    }
  });
}

function progressReport(folder: string, view: RunProgress): Report {
  const rejects = Object.entries(view.rejects).map(([code, count]) => `${count} ${code}`);
  return {
    title: `${folder} is in work`,
    rows: [
      ["units", `${view.unitsDone} of ${view.units} done`],
      ["clips", `${view.clipsDone} of ${view.clips} done`],
      ["sound", formatSeconds(view.soundSeconds)],
      ["rejected", rejects.length === 0 ? "none" : rejects.join(", ")],
    ],
    json: { corpus: folder, finished: false, progress: view },
  };
}

function corpusReport(folder: string, info: CorpusInfo): Report {
  const { spec, shards } = info;
  const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const share = (100 * bytes) / Math.max(1, info.seconds * 32_000);
  const rate = framesPerSecond(spec);
  return {
    title: folder,
    rows: [
      ["clips", `${info.clips}, ${info.rejected} rejected`],
      ["sound", `${formatSeconds(info.seconds)}, ${info.frames} frames`],
      ["shards", `${shards.length}, ${formatBytes(bytes)}, ${share.toFixed(2)} % of 16 kHz 16-bit PCM`],
      ["codes", `${spec.layers} layers of ${spec.codebookSize}, ${rate} frames/s, attention ${spec.attention}`],
      ["model", `${spec.model?.name ?? "unknown"} (${spec.model?.id ?? ""})`],
      ["plans", info.plans.map(({ hash }) => hash.slice(0, 16)).join(", ")],
      ["machines", info.machines.join("; ")],
    ],
    json: { finished: true, corpus: folder, ...info },
  };
}
