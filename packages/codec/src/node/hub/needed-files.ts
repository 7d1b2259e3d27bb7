/** The files of a model in a folder of this machine: which are there, which are missing. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FILE, INDEX_FILE, MODEL_TYPES, modelTypeOf, parseWeightIndex, WEIGHTS_FILE } from "../../model/model-folder.ts";
import { assertKind } from "../../misuse.ts";

/** Taken along where it is there. */
export const PREPROCESSOR_FILE = "preprocessor_config.json";

/**
 * The weight files of a model in a folder.
 * @throws CodecError `bad-model` for an index that cannot be read
 */
function weightFiles(folder: string): string[] {
  const index = join(folder, INDEX_FILE);
  if (existsSync(join(folder, WEIGHTS_FILE)) || !existsSync(index)) return [WEIGHTS_FILE];
  return [INDEX_FILE, ...parseWeightIndex(readFileSync(index, "utf8")).shards];
}

/** The files of a model in a folder that are there, by name. */
export function presentFiles(folder: string): string[] {
  return [CONFIG_FILE, PREPROCESSOR_FILE, ...weightFiles(folder)].filter((file) => existsSync(join(folder, file)));
}

/**
 * The needed files that are not in a folder; empty for a model that is complete. A link to nothing
 * counts as missing.
 */
export function missingFiles(folder: string): string[] {
  return [CONFIG_FILE, ...weightFiles(folder)].filter((file) => !existsSync(join(folder, file)));
}

/** Bytes of the files of a model in a folder. */
export function modelBytes(folder: string): number {
  assertKind(folder, "folder", "string");
  return presentFiles(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Whether a folder holds a complete model of a kind that can be opened. */
export function isUsableModel(folder: string): boolean {
  assertKind(folder, "folder", "string");
  try {
    return missingFiles(folder).length === 0 && MODEL_TYPES.includes(modelTypeOf(readFileSync(join(folder, CONFIG_FILE), "utf8")) ?? "");
  } catch {
    return false; // what cannot be read cannot be used
  }
}
