import type { Command } from "@commander-js/extra-typings";
import { chooseModel, CodecError, COMPACT, isUsableModel, listCachedModels, modelBytes, resolveModel } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { formatBytes, printReport, type Report } from "../../report.ts";
import { type ModelsCommandOptions } from "./options.ts";

/** One line of the list. */
interface ListedModel {
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  readonly source: "package" | "hf" | "modelscope" | "folder";
  readonly default: boolean;
}

/** Adds `twelvehz models list`. */
export function addList(models: Command): void {
  models
    .command("list")
    .summary("which models there are, and which is the default")
    .description("Lists the compact model and every model in the caches that can be used, with its size.")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz models list\ntwelvehz models list --json"))
    .action((options) => listCommand(options));
}

/** `twelvehz models list`: what can be used, and what is used by default. */
async function listCommand(options: ModelsCommandOptions): Promise<void> {
  const chosen = chooseModel();
  const models = everyModel(chosen.name);
  const missing = models.some((model) => model.default) ? [] : [[chosen.name, "is the default, but is not there"] as const];
  const report: Report = {
    title: "models",
    rows: [...models.map(listRow), ...missing],
    json: { default: chosen.name, chosenBy: chosen.chosenBy, models },
  };
  printReport(report, options);
}

function everyModel(chosen: string): ListedModel[] {
  const known = [
    { name: COMPACT, folder: resolveModel(COMPACT).folder, source: "package" as const },
    ...listCachedModels(process.env).map(({ name, folder, cache }) => ({ name, folder, source: cache })),
  ];
  const folder = known.some(({ name }) => name === chosen) ? undefined : usableFolder(chosen);
  const all = folder === undefined ? known : [...known, { name: chosen, folder, source: "folder" as const }];
  return all.map((model) => ({ ...model, bytes: modelBytes(model.folder), default: model.name === chosen }));
}

function usableFolder(name: string): string | undefined {
  try {
    const { folder } = resolveModel(name);
    return isUsableModel(folder) ? folder : undefined;
  } catch (error) {
    if (error instanceof CodecError && error.code === "not-found") return undefined;
    throw error;
  }
}

const PLACES: Readonly<Record<ListedModel["source"], string>> = {
  package: "comes with twelvehz",
  hf: "downloaded",
  modelscope: "downloaded by ModelScope's program",
  folder: "a folder",
};

function listRow(model: ListedModel): [string, string] {
  return [model.name, `${formatBytes(model.bytes)}, ${PLACES[model.source]}${model.default ? ", default" : ""}`];
}
