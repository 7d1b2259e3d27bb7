/**
 * The cache of the Python package `huggingface_hub`, read and written in its layout, so that each
 * finds what the other has downloaded:
 *
 *     HF_HUB_CACHE/models--OWNER--NAME/refs/main            the commit that the name "main" stood for
 *     HF_HUB_CACHE/models--OWNER--NAME/blobs/DIGEST         a file, by SHA-256 (large files) or git SHA-1
 *     HF_HUB_CACHE/models--OWNER--NAME/snapshots/COMMIT/... links into blobs, under the names of the files
 *
 * Layout: https://huggingface.co/docs/hub/local-cache. Models of the Python package `modelscope`
 * are found in its own, flat cache.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, constants, link, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileError } from "../file-errors.ts";
import { makeFolder } from "../folders.ts";
import { type Environment, hubCacheFolder, modelScopeFolders } from "./environment.ts";
import { formatHubId, type HubId, isCommit } from "./hub-id.ts";
import { isUsableModel, missingFiles } from "./needed-files.ts";
import { assertKind, assertOptions } from "../../misuse.ts";

/**
 * Suffix of downloads that are not finished. Other than Python's, so that both may download at
 * once.
 */
export const PARTIAL_SUFFIX = ".twelvehz.incomplete";
/** Revisions that are looked for when none is asked for. */
const USUAL_REFS = ["main", "modelscope/master"];

/** A folder in a cache that may hold a model. */
export interface CachedModel {
  readonly folder: string;
  /** Which cache: that of Hugging Face or that of ModelScope. */
  readonly cache: "hf" | "modelscope";
  /** Commit of the snapshot; undefined in the cache of ModelScope. */
  readonly commit: string | undefined;
  /** Needed files that are not there; empty for a complete model. */
  readonly missing: readonly string[];
}

/** Folder of a repository in a cache of Hugging Face. */
export function repoFolder(cache: string, repo: string): string {
  return join(cache, `models--${repo.replaceAll("/", "--")}`);
}

/** Lock of one file of a repository. */
export function lockPath(cache: string, repo: string, blob: string): string {
  return join(cache, ".locks", `models--${repo.replaceAll("/", "--")}`, `${blob}.twelvehz.lock`);
}

/** Entries of a folder; none where it is missing or may not be read. */
export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The names under `refs/` of a repository, with their commits. */
export function refsOf(folder: string): { readonly ref: string; readonly commit: string }[] {
  const refs = join(folder, "refs");
  const below = (path: string): string[] =>
    entriesOf(join(refs, path)).flatMap((name) => {
      const inside = path === "" ? name : `${path}/${name}`;
      return statSync(join(refs, inside), { throwIfNoEntry: false })?.isDirectory() ? below(inside) : [inside];
    });
  return below("").flatMap((ref) => {
    const commit = readText(join(refs, ref)).trim();
    return isCommit(commit) ? [{ ref, commit }] : [];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Commits of the snapshots of a repository, those of the usual names first, then the newest. */
export function commitsOf(folder: string): string[] {
  const refs = refsOf(folder);
  const named = USUAL_REFS.flatMap((name) => refs.filter(({ ref }) => ref === name).map(({ commit }) => commit));
  const age = (commit: string): number => -(statSync(join(folder, "snapshots", commit), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const all = entriesOf(join(folder, "snapshots"))
    .filter(isCommit)
    .sort((a, b) => age(a) - age(b));
  return [...new Set([...named, ...all])].filter((commit) => all.includes(commit));
}

/** A snapshot, complete or not. */
function snapshot(folder: string, commit: string, subfolder: string): CachedModel {
  const inside = join(folder, "snapshots", commit, subfolder);
  return { folder: inside, cache: "hf", commit, missing: missingOrAll(inside) };
}

function missingOrAll(folder: string): string[] {
  try {
    return missingFiles(folder);
  } catch (error) {
    return [(error as Error).message];
  }
}

/**
 * Looks for a model in the caches.
 * @param revision branch, tag or commit. Default: `main`, else the newest complete snapshot, else
 * what ModelScope's package downloaded
 * @returns the first complete one, else the first incomplete one, else undefined
 */
export function findCachedModel(id: HubId, env: Environment, revision?: string): CachedModel | undefined {
  assertOptions(id, { repo: "string", subfolder: "string" }, "id");
  if (revision !== undefined) assertKind(revision, "revision", "string");
  const folder = repoFolder(hubCacheFolder(env), id.repo);
  const commits = revision === undefined ? commitsOf(folder) : commitsNamed(folder, revision);
  const found = commits.map((commit) => snapshot(folder, commit, id.subfolder));
  const complete = found.find(({ missing }) => missing.length === 0);
  return complete ?? (revision === undefined ? modelScopeModel(id, env) : undefined) ?? found[0];
}

function commitsNamed(folder: string, revision: string): string[] {
  const names = [revision, `modelscope/${revision}`];
  const commits = refsOf(folder).flatMap(({ ref, commit }) => (names.includes(ref) ? [commit] : []));
  return [...commits, revision].filter((commit) => isCommit(commit) && existsSync(join(folder, "snapshots", commit)));
}

/** `modelscope` writes a dot in a name as three underscores. */
function modelScopeModel({ repo, subfolder }: HubId, env: Environment): CachedModel | undefined {
  const [owner, name] = repo.split("/");
  const folders = modelScopeFolders(env).flatMap((base) =>
    [name, name.replaceAll(".", "___")].map((spelling) => join(base, owner, spelling, subfolder)),
  );
  const folder = folders.find((candidate) => missingOrAll(candidate).length === 0);
  return folder === undefined ? undefined : { folder, cache: "modelscope", commit: undefined, missing: [] };
}

/** A model of a kind that can be opened, with its name. */
export interface NamedCachedModel extends CachedModel {
  /** `OWNER/NAME` or `OWNER/NAME/FOLDER`. */
  readonly name: string;
}

/**
 * Folders of a repository in which a model may be: the root, and that in which the published speech
 * models carry their codec.
 */
const SUBFOLDERS = ["", "speech_tokenizer"];

/** Every model in the caches that can be opened, by name. */
export function listCachedModels(env: Environment): NamedCachedModel[] {
  const repos = [...huggingFaceRepos(hubCacheFolder(env)), ...modelScopeFolders(env).flatMap(modelScopeRepos)];
  const ids = [...new Set(repos)].sort().flatMap((repo) => SUBFOLDERS.map((subfolder) => ({ repo, subfolder })));
  return ids.flatMap((id) => {
    const found = findCachedModel(id, env);
    return found && isUsableModel(found.folder) ? [{ ...found, name: formatHubId(id) }] : [];
  });
}

function huggingFaceRepos(cache: string): string[] {
  return entriesOf(cache).flatMap((name) => {
    const parts = /^models--(.+?)--(.+)$/.exec(name);
    return parts ? [`${parts[1]}/${parts[2]}`] : [];
  });
}

function modelScopeRepos(base: string): string[] {
  return entriesOf(base).flatMap((owner) => entriesOf(join(base, owner)).map((name) => `${owner}/${name.replaceAll("___", ".")}`));
}

/**
 * Puts a blob under its name into a snapshot: a relative symbolic link, or where the system refuses
 * that, a hard link, or a copy.
 * @param place how. Default: {@link linkOrCopy}
 * @throws CodecError `no-permission`, `io`
 */
export async function placeFile(blob: string, pointer: string, makeCopy: MakeCopy = linkOrCopy): Promise<void> {
  const temporary = `${pointer}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await makeFolder(dirname(pointer));
    await makeCopy(blob, temporary);
    await rename(temporary, pointer);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError("write", pointer, error);
  }
}

/** Makes one path stand for the content of another. */
export type MakeCopy = (target: string, path: string) => Promise<void>;

/** The ways in which {@link placeFile} tries to save a copy. */
export const linkOrCopy: MakeCopy = async (target, path) => {
  for (const way of [symbolic, link]) {
    try {
      return await way(target, path);
    } catch (error) {
      if (!["EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EXDEV", "EMLINK", "UNKNOWN"].includes((error as NodeJS.ErrnoException).code ?? ""))
        throw error;
    }
  }
  await copyFile(target, path, constants.COPYFILE_FICLONE);
};

/**
 * Relative, so that the cache can be moved; from the real folder, in case a part of the path is
 * itself a link.
 */
async function symbolic(target: string, path: string): Promise<void> {
  await symlink(relative(await realpath(dirname(path)), await realpath(target)), path, "file");
}

/**
 * Notes which commit a name stands for, unless that is noted already.
 * @throws CodecError `no-permission`, `io`
 */
export async function writeRef(folder: string, ref: string, commit: string): Promise<void> {
  const path = join(folder, "refs", ...ref.split("/"));
  if (readText(path) === commit) return;
  const temporary = `${path}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await makeFolder(dirname(path));
    await writeFile(temporary, commit);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError("write", path, error);
  }
}
