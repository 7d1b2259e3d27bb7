import { type Command, Option } from "@commander-js/extra-typings";
import { type HubName, HUBS, PUBLISHED_MODEL, pullModel, type PullOptions } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { DownloadBar } from "../../progress.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../../report.ts";
import { revisionOption, type ModelsCommandOptions } from "./options.ts";

/** Options of `twelvehz models pull`. */
interface PullCommandOptions extends ModelsCommandOptions {
  readonly hub: HubName;
  readonly endpoint?: string | undefined;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
}

/** Adds `twelvehz models pull`. */
export function addPull(models: Command, signal: AbortSignal): void {
  models
    .command("pull")
    .summary("download a model, or finish and repair what is there")
    .description(
      "Downloads the files that are needed, and checks each by its SHA-256. What is there is kept, what is damaged is replaced, what was interrupted is continued. Tokens: HF_TOKEN, or the file that `hf auth login` writes; MODELSCOPE_API_TOKEN. Proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY.",
    )
    .argument("[name...]", `OWNER/NAME, or OWNER/NAME/FOLDER; default: ${PUBLISHED_MODEL}`)
    .addOption(new Option("--hub <hub>", "the Hugging Face hub or ModelScope").choices(HUBS).default("hf" as const))
    .option("--endpoint <url>", "a mirror of the hub; default: HF_ENDPOINT or MODELSCOPE_ENDPOINT, else the hub itself")
    .addOption(revisionOption)
    .option("--offline", "no network: say what is missing; HF_HUB_OFFLINE=1 does the same")
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        `twelvehz models pull\ntwelvehz models pull ${PUBLISHED_MODEL} --hub modelscope\nHF_ENDPOINT=https://mirror.example twelvehz models pull\ntwelvehz models pull --offline`,
      ),
    )
    .action((names, options) => pullCommand(names, options, signal));
}

/** `twelvehz models pull`: models into the cache. */
async function pullCommand(names: readonly string[], options: PullCommandOptions, signal: AbortSignal): Promise<void> {
  for (const name of names.length > 0 ? names : [PUBLISHED_MODEL]) printReport(await pullOne(name, options, signal), options);
}

async function pullOne(name: string, options: PullCommandOptions, signal: AbortSignal): Promise<Report> {
  const bar = new DownloadBar(`pull ${name}`);
  const began = performance.now();
  const { hub, endpoint, revision, offline } = options;
  const pull: PullOptions = { hub, endpoint, revision, offline, signal, onProgress: bar.update };
  try {
    const model = await pullModel(name, pull);
    const seconds = (performance.now() - began) / 1000;
    const rate = `${formatBytes(Math.round(model.downloadedBytes / seconds))}/s`;
    const fetched = model.downloadedBytes > 0 ? `${formatBytes(model.downloadedBytes)} in ${formatSeconds(seconds)}, ${rate}` : "nothing";
    return {
      title: `${name}: ${model.downloadedBytes > 0 ? "downloaded" : "is there already"}`,
      rows: [
        ["files", `${model.files.length}, ${formatBytes(model.bytes)}`],
        ["downloaded", fetched],
        ...(model.commit === undefined ? [] : [["commit", model.commit] as const]),
        ["folder", model.folder],
        ["next", `twelvehz models use ${name}`],
      ],
      json: { ...model, hub, seconds },
    };
  } finally {
    bar.stop();
  }
}
