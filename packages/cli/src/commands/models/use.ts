import type { Command } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { chooseModel, CodecError, COMPACT, isUsableModel, PUBLISHED_MODEL, resolveModel, writeSettings } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { printReport } from "../../report.ts";
import { ONE_NAME, type ModelsCommandOptions } from "./options.ts";

/** Adds `twelvehz models use`. */
export function addUse(models: Command): void {
  models
    .command("use")
    .summary("make a model the default")
    .description(
      "Sets the model that is used when neither --model nor TWELVEHZ_MODEL names one; kept in the settings file, TWELVEHZ_CONFIG.",
    )
    .argument("<name>", ONE_NAME)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models use ${PUBLISHED_MODEL}\ntwelvehz models use ./my-model\ntwelvehz models use compact`))
    .action((name, options) => useCommand(name, options));
}

/** `twelvehz models use`: the default model. */
async function useCommand(name: string, options: ModelsCommandOptions): Promise<void> {
  const { folder } = resolveModel(name);
  if (!isUsableModel(folder))
    throw new CodecError(
      "bad-model",
      `Cannot use the model in "${folder}": it is not complete or of another kind; "twelvehz models verify" says more`,
    );
  const model = name === COMPACT || resolve(name) !== folder ? name : folder; // a folder must be found from any other
  const settings = await writeSettings({ model });
  const now = chooseModel();
  printReport(
    {
      title: `${model} is the default now`,
      rows: [
        ["folder", folder],
        ["settings", settings],
        ...(now.chosenBy === "environment" ? [["but", `TWELVEHZ_MODEL names ${now.name}, which comes first`] as const] : []),
      ],
      json: { name: model, folder, settings },
    },
    options,
  );
}
