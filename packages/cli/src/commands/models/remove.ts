import type { Command } from "@commander-js/extra-typings";
import { COMPACT, PUBLISHED_MODEL, readSettings, removeModel, settingsPath, writeSettings } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { formatBytes, printReport, type Report } from "../../report.ts";
import { revisionOption, type ModelsCommandOptions } from "./options.ts";

/** Options of `twelvehz models remove`. */
interface RemoveCommandOptions extends ModelsCommandOptions {
  readonly revision?: string | undefined;
}

/** Adds `twelvehz models remove`. */
export function addRemove(models: Command): void {
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

/** `twelvehz models remove`: models out of the cache. */
async function removeCommand(names: readonly string[], options: RemoveCommandOptions): Promise<void> {
  for (const name of names) {
    const removed = await removeModel(name, { revision: options.revision });
    const reset = readSettings().model === name && removed.keptRevisions === 0;
    if (reset) await writeSettings({ model: undefined });
    const rows: Report["rows"] = [
      ["freed", `${formatBytes(removed.freedBytes)}, ${removed.files} files`],
      ...(removed.commit === undefined ? [] : [["commit", removed.commit] as const]),
      ...(removed.keptRevisions > 0 ? [["kept", `${removed.keptRevisions} other revisions`] as const] : []),
      ...(reset ? [["default", `${COMPACT} again; it was set in ${settingsPath()}`] as const] : []),
    ];
    printReport({ title: `${name}: removed`, rows, json: { ...removed, defaultReset: reset } }, options);
  }
}
