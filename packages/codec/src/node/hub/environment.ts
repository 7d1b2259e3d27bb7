/**
 * What the environment says about hubs and caches; the variables are those of the Python packages
 * `huggingface_hub` and `modelscope`.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { assertKind } from "../../misuse.ts";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to something, with a leading `~` for the home folder. */
function folderVariable(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  return value === "~" || value.startsWith("~/") ? join(homeFolder(env), value.slice(1)) : value;
}

function homeFolder(env: Environment): string {
  return env["HOME"] || env["USERPROFILE"] || homedir();
}

/**
 * Folder of Hugging Face: `HF_HOME`, else `XDG_CACHE_HOME/huggingface`, else
 * `~/.cache/huggingface`.
 */
function huggingFaceFolder(env: Environment): string {
  return folderVariable(env, "HF_HOME") ?? join(cacheHome(env), "huggingface");
}

/**
 * Cache of models: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `hub` in
 * {@link huggingFaceFolder}.
 */
export function hubCacheFolder(env: Environment): string {
  assertKind(env, "env", "object");
  return folderVariable(env, "HF_HUB_CACHE") ?? folderVariable(env, "HUGGINGFACE_HUB_CACHE") ?? join(huggingFaceFolder(env), "hub");
}

/**
 * Folders in which the Python package `modelscope` keeps `OWNER/NAME`, newest layout first: under
 * `MODELSCOPE_CACHE`, else `~/.cache/modelscope`.
 */
export function modelScopeFolders(env: Environment): string[] {
  const base = folderVariable(env, "MODELSCOPE_CACHE") ?? join(homeFolder(env), ".cache", "modelscope");
  return [join(base, "hub", "models"), join(base, "models"), join(base, "hub"), base];
}

/** Folder for what programs can make again: `XDG_CACHE_HOME`, else `~/.cache`. */
export function cacheHome(env: Environment): string {
  return folderVariable(env, "XDG_CACHE_HOME") ?? join(homeFolder(env), ".cache");
}

/**
 * Folder for settings of programs: `XDG_CONFIG_HOME`, else `%APPDATA%` on Windows, else
 * `~/.config`.
 */
export function configHome(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const windows = platform === "win32" ? folderVariable(env, "APPDATA") : undefined;
  return folderVariable(env, "XDG_CONFIG_HOME") ?? windows ?? join(homeFolder(env), ".config");
}

/** Whether `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` forbids the network: 1, ON, YES or TRUE. */
export function isOffline(env: Environment): boolean {
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].some((name) => isTrue(env[name]));
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes((value ?? "").toUpperCase());
}

/**
 * The token for the Hugging Face hub: `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN`, else the file
 * `HF_TOKEN_PATH` or `token` in {@link huggingFaceFolder}, which `hf auth login` writes and
 * `HF_HUB_DISABLE_IMPLICIT_TOKEN` switches off.
 */
export async function huggingFaceToken(env: Environment): Promise<string | undefined> {
  const set = (env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"] || "").trim();
  if (set || isTrue(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return set || undefined;
  const path = folderVariable(env, "HF_TOKEN_PATH") ?? join(huggingFaceFolder(env), "token");
  const text = await readFile(path, "utf8").catch(() => ""); // without a token, public models can still be had
  return text.trim() || undefined;
}

/** The token for ModelScope: `MODELSCOPE_API_TOKEN`. */
export async function modelScopeToken(env: Environment): Promise<string | undefined> {
  return env["MODELSCOPE_API_TOKEN"]?.trim() || undefined;
}
