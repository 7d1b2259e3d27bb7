import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { CodecError } from "../errors.ts";

/** Environment variable that names the default model. */
export const MODEL_VARIABLE = "TWELVEHZ_MODEL";
/** Name of the model that is in the package. */
export const COMPACT = "compact";

/**
 * The folder of a model.
 * @param model `compact`, or a folder with `config.json` and `model.safetensors`. Default: the environment variable TWELVEHZ_MODEL, else `compact`
 * @throws CodecError `not-found`
 */
export function modelFolder(model?: string): string {
  return folderOf(model || process.env[MODEL_VARIABLE] || COMPACT); // an empty variable is one that is not set
}

function folderOf(model: string): string {
  if (model === COMPACT) return dirname(createRequire(import.meta.url).resolve("@twelvehz/compact-model/config.json"));
  const folder = resolve(model);
  if (!existsSync(folder))
    throw new CodecError(
      "not-found",
      `Cannot find the model "${model}": there is no such folder; give "${COMPACT}", or a folder with config.json and model.safetensors`,
    );
  if (!statSync(folder).isDirectory())
    throw new CodecError(
      "not-found",
      `Cannot open the model "${model}": it is a file; give the folder that holds config.json and model.safetensors`,
    );
  return folder;
}
