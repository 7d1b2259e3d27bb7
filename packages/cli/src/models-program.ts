/** The commands below `twelvehz models`. What they do is in commands/models.ts. */
import { type Command, Option } from "@commander-js/extra-typings";
import { HUBS, PUBLISHED_MODEL } from "@twelvehz/codec/node";
import { listCommand, pathCommand, pullCommand, removeCommand, useCommand, verifyCommand } from "./commands/models.ts";
import { examples, jsonOption } from "./options.ts";

const ONE_NAME = "compact, a folder, or a model of a hub as OWNER/NAME";
const revisionOption = new Option("--revision <name>", "branch, tag or commit; default: main, on ModelScope master");

/** Adds `twelvehz models` and what is below it. */
export function addModels(program: Command, signal: AbortSignal): void {
  const models = program
    .command("models")
    .summary("list, download, choose, check and remove models")
    .description(
      "Models of the two public hubs, in the cache that Python programs use too (HF_HOME, HF_HUB_CACHE): what they have downloaded is found here, and the other way round.",
    )
    .addHelpText(
      "after",
      examples(`twelvehz models pull ${PUBLISHED_MODEL}\ntwelvehz models use ${PUBLISHED_MODEL}\ntwelvehz models list`),
    ) as unknown as Command;
  addList(models);
  addPull(models, signal);
  addUse(models);
  addVerify(models, signal);
  addRemove(models);
  addPath(models);
}

function addList(models: Command): void {
  models
    .command("list")
    .summary("which models there are, and which is the default")
    .description("Lists the compact model and every model in the caches that can be used, with its size.")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz models list\ntwelvehz models list --json"))
    .action((options) => listCommand(options));
}

function addPull(models: Command, signal: AbortSignal): void {
  models
    .command("pull")
    .summary("download a model, or finish and repair what is there")
    .description(
      "Downloads the files that are needed, and checks each by its SHA-256. What is there is kept, what is damaged is replaced, what was interrupted is continued. Tokens: HF_TOKEN, or the file that `hf auth login` writes; MODELSCOPE_API_TOKEN.",
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

function addUse(models: Command): void {
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

function addVerify(models: Command, signal: AbortSignal): void {
  models
    .command("verify")
    .summary("check the files of a model")
    .description("Hashes every file again, where its digest is known, and checks that configuration and weights fit together.")
    .argument("[name...]", `${ONE_NAME}; default: the default model`)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models verify\ntwelvehz models verify ${PUBLISHED_MODEL}`))
    .action((names, options) => verifyCommand(names, options, signal));
}

function addRemove(models: Command): void {
  models
    .command("remove")
    .summary("delete a downloaded model")
    .description(
      "Deletes a model from the cache at once: its revision, the files that no other revision uses, and unfinished downloads. Python programs lose it too.",
    )
    .argument("<name...>", "OWNER/NAME, or OWNER/NAME/FOLDER")
    .addOption(revisionOption)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models remove ${PUBLISHED_MODEL}`))
    .action((names, options) => removeCommand(names, options));
}

function addPath(models: Command): void {
  models
    .command("path")
    .summary("print the folder of a model")
    .description("Prints the folder in which the files of a model are.")
    .argument("[name]", `${ONE_NAME}; default: the default model`)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models path\nls "$(twelvehz models path ${PUBLISHED_MODEL})"`))
    .action((name, options) => pathCommand(name, options));
}
