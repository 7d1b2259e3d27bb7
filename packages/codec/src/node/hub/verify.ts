import { existsSync, readFileSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodecError, messageOf, throwIfAborted } from "../../errors.ts";
import { openSafetensors } from "../../model/safetensors.ts";
import { resolveModel } from "../model-folder.ts";
import { entriesOf } from "./cache.ts";
import { type ContentDigest, digestOf, hashFile } from "./digest.ts";
import type { Environment } from "./environment.ts";
import { CONFIG_FILE, INDEX_FILE, MODEL_TYPES, modelTypeOf, parseWeightIndex } from "../../model/model-folder.ts";
import { missingFiles, presentFiles } from "./needed-files.ts";

/** What was found about one file of a model. */
export interface VerifiedFile {
  readonly file: string;
  /** Length in bytes; 0 for a missing file. */
  readonly bytes: number;
  /**
   * The digest that was compared; undefined where none is known, as for a folder that was not
   * downloaded.
   */
  readonly digest: ContentDigest | undefined;
  /** What is wrong; undefined for a file that is right. */
  readonly problem: string | undefined;
}

/** What was found about a model. */
export interface VerifiedModel {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly VerifiedFile[];
  /** Whether no file has a problem. */
  readonly ok: boolean;
}

/** How a model is checked. */
export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Variables that name caches and the default model. Default `process.env`. */
  readonly env?: Environment | undefined;
}

/**
 * Checks the files of a model: their digests, where the cache knows them, and whether
 * configuration, weight files and index fit together.
 * @param name as for {@link resolveModel}
 * @throws CodecError `not-found` when there is no such model, `aborted`. What is wrong with files
 * is in the result
 */
export async function verifyModel(name?: string, options: VerifyOptions = {}): Promise<VerifiedModel> {
  const model = resolveModel(name, options.env);
  const files: VerifiedFile[] = [];
  for (const file of new Set([...listed(model.folder, presentFiles), ...listed(model.folder, missingFiles)])) {
    throwIfAborted(options.signal);
    files.push(await verifyFile(model.folder, file, options.signal));
  }
  return { name: model.name, folder: model.folder, files, ok: files.every(({ problem }) => problem === undefined) };
}

/**
 * Files by a function that fails on an index that cannot be read; the index is a file that has a
 * problem then.
 */
function listed(folder: string, list: (folder: string) => string[]): string[] {
  try {
    return list(folder);
  } catch {
    return [CONFIG_FILE, INDEX_FILE];
  }
}

async function verifyFile(folder: string, file: string, signal: AbortSignal | undefined): Promise<VerifiedFile> {
  const path = join(folder, file);
  const bytes = (await stat(path).catch(() => undefined))?.size;
  if (bytes === undefined) return { file, bytes: 0, digest: undefined, problem: "it is missing" };
  const digest = await expectedDigest(path);
  try {
    if (digest && (await hashFile(path, digest.algorithm, signal)) !== digest.hex)
      throw new CodecError("bad-model", "its content has changed");
    await checkContent(folder, file);
    return { file, bytes, digest, problem: undefined };
  } catch (error) {
    throwIfAborted(signal);
    return { file, bytes, digest, problem: messageOf(error) };
  }
}

/**
 * The digest that the cache knows: the name of the blob that a file of a snapshot links to, or has
 * been linked or copied from.
 */
async function expectedDigest(path: string): Promise<ContentDigest | undefined> {
  const real = await realpath(path);
  if (basename(dirname(real)) === "blobs") return digestOf(basename(real));
  const blobs = blobsFolder(path);
  if (blobs === undefined) return undefined;
  const own = await stat(path);
  const all = await Promise.all(entriesOf(blobs).map(async (name) => ({ name, found: await stat(join(blobs, name)) })));
  const same = all.find(({ found }) => found.ino === own.ino) ?? all.find(({ name, found }) => found.size === own.size && digestOf(name));
  return digestOf(same?.name);
}

/** The blobs beside the snapshot in which a file is. */
function blobsFolder(path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === "snapshots") return existsSync(join(folder, "..", "blobs")) ? join(folder, "..", "blobs") : undefined;
  }
  return undefined;
}

async function checkContent(folder: string, file: string): Promise<void> {
  const text = (): string => readFileSync(join(folder, file), "utf8");
  if (file === CONFIG_FILE) checkType(modelTypeOf(text()));
  else if (file === INDEX_FILE) await checkIndex(folder, parseWeightIndex(text()).fileOf);
  else if (file.endsWith(".safetensors")) await tensorNames(join(folder, file));
}

function checkType(type: string | undefined): void {
  if (!MODEL_TYPES.includes(type ?? ""))
    throw new CodecError("bad-model", `its model_type is ${JSON.stringify(type)}, known are ${MODEL_TYPES.join(", ")}`);
}

async function checkIndex(folder: string, fileOf: Readonly<Record<string, string>>): Promise<void> {
  const names = new Map<string, ReadonlySet<string>>();
  for (const file of new Set(Object.values(fileOf))) {
    if (existsSync(join(folder, file))) names.set(file, await tensorNames(join(folder, file)).catch(() => new Set<string>()));
  }
  const lost = Object.entries(fileOf).find(([tensor, file]) => names.has(file) && !names.get(file)!.has(tensor));
  if (lost) throw new CodecError("bad-model", `it says that "${lost[0]}" is in ${lost[1]}, which is not so`);
}

/** The names in the header of a weight file, which must fit the length of the file. */
async function tensorNames(path: string): Promise<ReadonlySet<string>> {
  const handle = await open(path, "r");
  try {
    const slice = async (start: number, end: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(end - start);
      return bytes.subarray(0, (await handle.read(bytes, 0, bytes.length, start)).bytesRead);
    };
    const index = await openSafetensors({ byteLength: (await handle.stat()).size, slice });
    return new Set(index.tensors.keys());
  } finally {
    await handle.close();
  }
}
