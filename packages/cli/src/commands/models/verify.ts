import type { Command } from "@commander-js/extra-typings";
import { CodecError, parseHubId, PUBLISHED_MODEL, type VerifiedFile, verifyModel } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../../options.ts";
import { formatBytes, printReport } from "../../report.ts";
import { ONE_NAME, type ModelsCommandOptions } from "./options.ts";

/** Adds `twelvehz models verify`. */
export function addVerify(models: Command, signal: AbortSignal): void {
  models
    .command("verify")
    .summary("check the files of a model")
    .description("Hashes every file again, where its digest is known, and checks that configuration and weights fit together.")
    .argument("[name...]", `${ONE_NAME}; default: the default model`)
    .addOption(jsonOption)
    .addHelpText("after", examples(`twelvehz models verify\ntwelvehz models verify ${PUBLISHED_MODEL}`))
    .action((names, options) => verifyCommand(names, options, signal));
}

/** `twelvehz models verify`: what is wrong with the files of models, if anything. */
async function verifyCommand(names: readonly string[], options: ModelsCommandOptions, signal: AbortSignal): Promise<void> {
  const damaged: string[] = [];
  for (const name of names.length > 0 ? names : [undefined]) {
    const model = await verifyModel(name, { signal });
    if (!model.ok) damaged.push(model.name);
    const title = `${model.name}: ${model.ok ? "every file is right" : "damaged"}`;
    printReport({ title, rows: [...model.files.map(verifiedRow), ["folder", model.folder]], json: { ...model } }, options);
  }
  if (damaged.length === 0) return;
  const pull = damaged.find((name) => parseHubId(name));
  const remedy = pull === undefined ? "copy it again" : `run "twelvehz models pull ${pull}", which replaces what is wrong`;
  throw new CodecError("bad-model", `Cannot use ${damaged.map((name) => `"${name}"`).join(", ")}: files are damaged or missing; ${remedy}`);
}

function verifiedRow({ file, bytes, digest, problem }: VerifiedFile): [string, string] {
  const checked = digest ? `${digest.algorithm} ${digest.hex.slice(0, 16)}…` : "its digest is not known, its form is right";
  return [file, problem === undefined ? `${formatBytes(bytes)}, ${checked}` : `WRONG: ${problem}`];
}
