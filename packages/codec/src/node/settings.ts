/** What the user has chosen once for all commands: a small JSON file. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodecError, messageOf } from "../errors.ts";
import { fileError } from "./file-errors.ts";
import { makeFolder } from "./folders.ts";
import { assertKind, assertOptions } from "../misuse.ts";
import { configHome, type Environment } from "./hub/environment.ts";
import { OutputFile } from "./output-file.ts";

/** Choices that last. */
export interface Settings {
  /** Name of the default model: `compact`, a hub id, or an absolute folder. */
  readonly model?: string | undefined;
}

/** Environment variable that names the settings file. */
export const SETTINGS_VARIABLE = "TWELVEHZ_CONFIG";

/**
 * Path of the settings file: `TWELVEHZ_CONFIG`, else `twelvehz/settings.json` in the user's folder
 * for settings.
 */
export function settingsPath(env: Environment = process.env): string {
  assertKind(env, "env", "object");
  return env[SETTINGS_VARIABLE] || join(configHome(env), "twelvehz", "settings.json");
}

/**
 * Reads the settings; empty where there is no file.
 * @throws CodecError `bad-format`, `no-permission`, `io`
 */
export function readSettings(env: Environment = process.env): Settings {
  const { model } = readObject(settingsPath(env));
  if (model === undefined || (typeof model === "string" && model !== "")) return { model };
  throw unusable(settingsPath(env), `"model" is no name`);
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw fileError("read", path, error);
  }
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw unusable(path, messageOf(error), error);
  }
  throw unusable(path, "it holds no object");
}

function unusable(path: string, what: string, cause?: unknown): CodecError {
  return new CodecError("bad-format", `Cannot use the settings in ${JSON.stringify(path)}: ${what}; correct the file or delete it`, {
    cause,
  });
}

/**
 * Changes settings; what is not named stays, and `undefined` takes a setting away. The file is
 * replaced as a whole.
 * @returns path of the file
 * @throws CodecError `bad-format`, `no-permission`, `io`
 */
export async function writeSettings(changes: Settings, env: Environment = process.env): Promise<string> {
  assertOptions(changes, { model: "string" }, "changes");
  const path = settingsPath(env);
  const text = `${JSON.stringify({ ...readObject(path), ...changes }, undefined, 2)}\n`;
  await makeFolder(dirname(path));
  const file = await OutputFile.create(path);
  try {
    await file.write(new TextEncoder().encode(text));
    await file.commit();
    return path;
  } finally {
    await file.discard();
  }
}
