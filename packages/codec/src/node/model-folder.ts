import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { CodecError, messageOf } from "../errors.ts";
import type { ModelFiles } from "../model/open-engine.ts";

/** Environment variable that names the default model. */
export const MODEL_VARIABLE = "TWELVEHZ_MODEL";
/** Name of the model that is in the package. */
export const COMPACT = "compact";

/** The files of a model in a folder. */
export function folderFiles(folder: string): ModelFiles {
  return {
    place: folder,
    async read(file) {
      try {
        return await readFile(join(folder, file));
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        const what = missing ? `"${file}" is not there` : `"${file}" cannot be read (${messageOf(error)})`;
        throw new CodecError(
          "bad-model",
          `Cannot open the model in "${folder}": ${what}; give a folder with config.json and model.safetensors`,
          { cause: error },
        );
      }
    },
  };
}

/**
 * The folder of a model.
 * @param model `compact`, or a folder with `config.json` and `model.safetensors`. Default: the environment variable TWELVEHZ_MODEL, else `compact`
 * @throws CodecError `not-found`
 */
export function modelFolder(model: string = process.env[MODEL_VARIABLE] || COMPACT): string {
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
