import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { CodecError } from "../errors.ts";
import { assertKind } from "../misuse.ts";
import { findCachedModel } from "./hub/cache.ts";
import { type Environment, hubCacheFolder } from "./hub/environment.ts";
import { parseHubId } from "./hub/hub-id.ts";
import { readSettings, settingsPath } from "./settings.ts";

/** Environment variable that names the default model. */
export const MODEL_VARIABLE = "TWELVEHZ_MODEL";
/** Name of the model that is in the package. */
export const COMPACT = "compact";

/** A model by name. */
export interface ChosenModel {
  /** `compact`, a hub id such as `Qwen/Qwen3-TTS-Tokenizer-12Hz`, or a folder. */
  readonly name: string;
  /** What named the model. */
  readonly chosenBy: ModelChoice;
}

/** A model by name, and where it is. */
export interface ResolvedModel extends ChosenModel {
  /** Folder with `config.json` and `model.safetensors`, which may be links. */
  readonly folder: string;
}

/**
 * What named a model: the argument, the environment variable TWELVEHZ_MODEL, the settings file, or
 * nothing.
 */
export type ModelChoice = "argument" | "environment" | "settings" | "default";

/**
 * The name of the model to use, which may not be there.
 * @param name Default: the environment variable TWELVEHZ_MODEL, else what `twelvehz models use` has
 * set, else `compact`
 * @throws CodecError `bad-format`, `no-permission`, `io` when the settings file cannot be read
 */
export function chooseModel(name?: string, env: Environment = process.env): ChosenModel {
  if (name !== undefined) assertKind(name, "name", "string");
  if (name) return { name, chosenBy: "argument" };
  const variable = env[MODEL_VARIABLE]; // an empty variable is one that is not set
  if (variable) return { name: variable, chosenBy: "environment" };
  const { model } = readSettings(env);
  return model === undefined ? { name: COMPACT, chosenBy: "default" } : { name: model, chosenBy: "settings" };
}

/**
 * Finds a model: the compact one, a folder, or one that has been downloaded from a hub, also by
 * Python.
 * @param name as for {@link chooseModel}
 * @throws CodecError `not-found` with how to get it, and as {@link chooseModel}
 */
export function resolveModel(name?: string, env: Environment = process.env): ResolvedModel {
  const choice = chooseModel(name, env);
  const folder = choice.name === COMPACT ? compactFolder() : (localFolder(choice.name) ?? cachedFolder(choice, env));
  return { ...choice, folder };
}

/**
 * The folder of a model.
 * @param model `compact`, a folder with `config.json` and `model.safetensors`, or the hub id of a
 * downloaded model. Default: the environment variable TWELVEHZ_MODEL, else what
 * `twelvehz models use` has set, else `compact`
 * @throws CodecError as {@link resolveModel}
 */
export function modelFolder(model?: string): string {
  return resolveModel(model).folder;
}

function compactFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@twelvehz/compact-model/config.json"));
}

function localFolder(model: string): string | undefined {
  const folder = resolve(model);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return found && folder;
  throw new CodecError(
    "not-found",
    `Cannot open the model "${model}": it is a file; give the folder that holds config.json and model.safetensors`,
  );
}

function cachedFolder({ name, chosenBy }: ChosenModel, env: Environment): string {
  const id = parseHubId(name);
  const found = id && findCachedModel(id, env);
  if (found && found.missing.length === 0) return found.folder;
  const why = !id
    ? "there is no such folder"
    : found
      ? `of its files, ${found.missing.join(", ")} is not in the cache "${hubCacheFolder(env)}"`
      : `there is no such folder, and it is not in the cache "${hubCacheFolder(env)}"`;
  const remedy = id
    ? `run "twelvehz models pull ${name}"`
    : `give "${COMPACT}", a folder with config.json and model.safetensors, or a model of a hub`;
  throw new CodecError("not-found", `Cannot find the model "${name}"${SAID_BY[chosenBy](env)}: ${why}; ${remedy}`);
}

/** Who named a model that is not there, for messages. */
const SAID_BY: Readonly<Record<ModelChoice, (env: Environment) => string>> = {
  argument: () => "",
  environment: () => `, which ${MODEL_VARIABLE} names`,
  settings: (env) => `, which the settings in ${JSON.stringify(settingsPath(env))} name`,
  default: () => "",
};
