import type { Command } from "@commander-js/extra-typings";
import { PUBLISHED_MODEL, resolveModel } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { ONE_NAME, type ModelsCommandOptions } from "./options.ts";

/** Adds `twelvehz models path`. */
export function addPath(models: Command): void {
  models
    .command("path")
    .summary("print the folder of a model")
    .description("Prints the folder in which the files of a model are.")
    .argument("[name]", `${ONE_NAME}; default: the default model`)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models path\nls "$(twelvehz models path ${PUBLISHED_MODEL})"`))
    .action((name, options) => pathCommand(name, options));
}

/** `twelvehz models path`: the folder, alone on a line. */
async function pathCommand(name: string | undefined, options: ModelsCommandOptions): Promise<void> {
  const model = resolveModel(name);
  process.stdout.write(options.json ? `${JSON.stringify(model)}\n` : `${model.folder}\n`);
}
