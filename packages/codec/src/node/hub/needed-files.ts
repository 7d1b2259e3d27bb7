/** Which files make a model, and which models this program knows. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CodecError, messageOf } from "../../errors.ts";
import { COMPACT_MODEL_TYPE } from "../../model/compact/config.ts";
import { PUBLISHED_MODEL_TYPE } from "../../model/published/config.ts";

/** Always needed. */
export const CONFIG_FILE = "config.json";
/** Taken along where it is there. */
export const PREPROCESSOR_FILE = "preprocessor_config.json";
/** All weights in one file. */
export const WEIGHTS_FILE = "model.safetensors";
/** The list of the files over which weights are spread. */
export const INDEX_FILE = "model.safetensors.index.json";
/** `model_type` of the models that can be opened: the compact one and the published one. */
export const MODEL_TYPES: readonly string[] = [COMPACT_MODEL_TYPE, PUBLISHED_MODEL_TYPE];

/** The weight files that an index names, in order, each once, and the file in which each tensor is. */
export interface WeightIndex {
  readonly shards: readonly string[];
  readonly fileOf: Readonly<Record<string, string>>;
}

/**
 * Reads `model.safetensors.index.json`.
 * @throws CodecError `bad-model`
 */
export function parseWeightIndex(text: string): WeightIndex {
  const map = objectOf(parseJson(INDEX_FILE, text))["weight_map"];
  const entries = Object.entries(objectOf(map)).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (entries.length === 0) throw badModel(INDEX_FILE, `it has no table "weight_map"`);
  const shards = [...new Set(entries.map(([, file]) => file))].sort();
  const strange = shards.find((file) => !/^[\w-][\w.-]*\.safetensors$/.test(file));
  if (strange !== undefined) throw badModel(INDEX_FILE, `it names the file ${JSON.stringify(strange)}, which is no weight file beside it`);
  return { shards, fileOf: Object.fromEntries(entries) };
}

/**
 * `model_type` in the text of a `config.json`.
 * @throws CodecError `bad-model` when the text is no JSON object
 */
export function modelTypeOf(text: string): string | undefined {
  const value = parseJson(CONFIG_FILE, text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badModel(CONFIG_FILE, "it holds no object");
  const type = (value as Record<string, unknown>)["model_type"];
  return typeof type === "string" ? type : undefined;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badModel(file, messageOf(error), error);
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function badModel(file: string, what: string, cause?: unknown): CodecError {
  return new CodecError("bad-model", `Cannot use ${file}: ${what}; get the model again`, { cause });
}

/**
 * The weight files of a model in a folder.
 * @throws CodecError `bad-model` for an index that cannot be read
 */
export function weightFiles(folder: string): string[] {
  const index = join(folder, INDEX_FILE);
  if (existsSync(join(folder, WEIGHTS_FILE)) || !existsSync(index)) return [WEIGHTS_FILE];
  return [INDEX_FILE, ...parseWeightIndex(readFileSync(index, "utf8")).shards];
}

/** The files of a model in a folder that are there, by name. */
export function presentFiles(folder: string): string[] {
  return [CONFIG_FILE, PREPROCESSOR_FILE, ...weightFiles(folder)].filter((file) => existsSync(join(folder, file)));
}

/** The needed files that are not in a folder; empty for a model that is complete. A link to nothing counts as missing. */
export function missingFiles(folder: string): string[] {
  return [CONFIG_FILE, ...weightFiles(folder)].filter((file) => !existsSync(join(folder, file)));
}

/** Bytes of the files of a model in a folder. */
export function modelBytes(folder: string): number {
  return presentFiles(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Whether a folder holds a complete model of a kind that can be opened. */
export function isUsableModel(folder: string): boolean {
  try {
    return missingFiles(folder).length === 0 && MODEL_TYPES.includes(modelTypeOf(readFileSync(join(folder, CONFIG_FILE), "utf8")) ?? "");
  } catch {
    return false; // what cannot be read cannot be used
  }
}
