/**
 * Which files make a model, and how they are read, wherever they lie: a folder, a cache of a hub, a
 * web server.
 */
import { CodecError, type CodecErrorCode, messageOf } from "../errors.ts";
import type { ModelFiles } from "./open-engine.ts";
import { MODEL_FAMILIES } from "./registry.ts";
import type { ModelWeights } from "./weights.ts";

/** The configuration, always needed. */
export const CONFIG_FILE = "config.json";
/** All weights in one file. */
export const WEIGHTS_FILE = "model.safetensors";
/** Tensors that make up lost frames, for models that have some: the identity does not depend on them. */
export const CONCEALMENT_FILE = "concealment.safetensors";
/** The list of the files over which weights are spread. */
export const INDEX_FILE = "model.safetensors.index.json";
/** `model_type` of the models that can be opened. */
export const MODEL_TYPES: readonly string[] = MODEL_FAMILIES.map(({ modelType }) => modelType);

/**
 * The weight files that an index names, in order, each once, and the file in which each tensor is.
 */
export interface WeightIndex {
  readonly shards: readonly string[];
  readonly fileOf: Readonly<Record<string, string>>;
}

/** Access to the files of one model. */
export interface ModelFolder {
  /** What to call the folder in messages. */
  readonly where: string;
  /** The bytes of a file, or undefined where it is not there. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Whether a file is there. */
  has(name: string): Promise<boolean>;
  /** Opens the weight files with these names. */
  openWeights(names: readonly string[]): Promise<ModelWeights>;
}

/**
 * The files of a model for `openEngine`. What is missing or wrong is CodecError `bad-model`; the
 * folder's own CodecErrors of other kinds pass.
 */
export function modelFiles(folder: ModelFolder): ModelFiles {
  const { where } = folder;
  return {
    where,
    config: () => guarded(where, CONFIG_FILE, () => needed(folder, CONFIG_FILE)),
    async weights() {
      const names = await guarded(where, INDEX_FILE, () => weightFileNames(folder));
      return guarded(where, names.join(", "), () => folder.openWeights(names));
    },
  };
}

async function weightFileNames(folder: ModelFolder): Promise<readonly string[]> {
  const isListed = !(await folder.has(WEIGHTS_FILE)) && (await folder.has(INDEX_FILE));
  const names = isListed ? parseWeightIndex(new TextDecoder().decode(await needed(folder, INDEX_FILE))).shards : [WEIGHTS_FILE];
  for (const name of names) if (!(await folder.has(name))) throw unusable(folder.where, `"${name}" is not there`);
  return (await folder.has(CONCEALMENT_FILE)) ? [...names, CONCEALMENT_FILE] : names;
}

async function needed(folder: ModelFolder, name: string): Promise<Uint8Array> {
  const bytes = await folder.read(name);
  if (!bytes) throw unusable(folder.where, `"${name}" is not there`);
  return bytes;
}

/** A model that lacks a file, or has one that is unusable: said once, by whoever finds it first. */
class UnusableModel extends CodecError {}

/**
 * Failures of what a file holds; others, such as `not-found` of a web server, say more by
 * themselves.
 */
const OF_CONTENT: ReadonlySet<CodecErrorCode> = new Set(["bad-format", "bad-model", "too-large", "unsupported"]);

async function guarded<T>(where: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnusableModel || (error instanceof CodecError && !OF_CONTENT.has(error.code))) throw error;
    throw unusable(where, `"${file}" cannot be used: ${messageOf(error)}`, error);
  }
}

function unusable(where: string, what: string, cause?: unknown): CodecError {
  return new UnusableModel(
    "bad-model",
    `Cannot open the model in "${where}": ${what}; give a folder with ${CONFIG_FILE} and ${WEIGHTS_FILE}`,
    { cause },
  );
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
