import { lstatSync, readdirSync, realpathSync, rmdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CodecError } from "../../errors.ts";
import { fileError } from "../file-errors.ts";
import { commitsOf, entriesOf, findCachedModel, PARTIAL_SUFFIX, refsOf, repoFolder } from "./cache.ts";
import { type Environment, hubCacheFolder } from "./environment.ts";
import { formatHubId, type HubId, requireHubId, requireRevision } from "./hub-id.ts";

/** What was removed. */
export interface RemovedModel {
  readonly name: string;
  /** Commit of the snapshot; undefined when there was only an unfinished download. */
  readonly commit: string | undefined;
  /** Files that are gone. */
  readonly files: number;
  /** Bytes of the disk that are free now. */
  readonly freedBytes: number;
  /** Revisions of the model that are still there. */
  readonly keptRevisions: number;
}

/** How a model is removed. */
export interface RemoveOptions {
  /** Branch, tag or commit. Default: the one that is used when none is named. */
  readonly revision?: string | undefined;
  /** Variables that name the cache. Default `process.env`. */
  readonly env?: Environment | undefined;
}

/**
 * Removes a model from the cache: its snapshot, or its folder in a snapshot, the names that stand
 * for the snapshot, the blobs that no other snapshot uses, and unfinished downloads.
 * @throws CodecError `usage`, `not-found`, `no-permission`, `io`
 */
export async function removeModel(name: string, { revision, env = process.env }: RemoveOptions = {}): Promise<RemovedModel> {
  const id = requireHubId(name);
  const repo = repoFolder(hubCacheFolder(env), id.repo);
  const found = findCachedModel(id, env, revision === undefined ? undefined : requireRevision(revision));
  if (found?.cache === "modelscope")
    throw new CodecError(
      "usage",
      `Cannot remove "${name}": it is in the cache of ModelScope's own program; delete the folder "${found.folder}"`,
    );
  const partials = entriesOf(join(repo, "blobs")).filter((blob) => blob.endsWith(PARTIAL_SUFFIX));
  const root = found && found.commit !== undefined ? join(repo, "snapshots", found.commit) : undefined;
  const folder = found && readable(found.folder) ? found.folder : undefined;
  if (folder === undefined && partials.length === 0)
    throw new CodecError(
      "not-found",
      `Cannot remove "${name}": it is not in the cache "${hubCacheFolder(env)}"; "twelvehz models list" shows what is`,
    );
  try {
    return removeParts(id, repo, { folder, root, commit: found?.commit, partials });
  } catch (error) {
    throw fileError("remove", repo, error);
  }
}

interface Parts {
  readonly folder: string | undefined;
  readonly root: string | undefined;
  readonly commit: string | undefined;
  readonly partials: readonly string[];
}

function removeParts(id: HubId, repo: string, { folder, root, commit, partials }: Parts): RemovedModel {
  const pointers = folder === undefined ? [] : filesBelow(folder);
  const blobs = new Set(pointers.map(blobOf).filter((path) => path !== undefined));
  const own = pointers.filter((path) => !lstatSync(path).isSymbolicLink() && statSync(path).nlink === 1);
  let freedBytes = own.reduce((sum, path) => sum + statSync(path).size, 0);
  if (folder !== undefined) rmSync(folder, { recursive: true });
  if (root !== undefined && filesBelow(root).length === 0) removeSnapshot(repo, root, commit);
  const used = new Set(filesBelow(join(repo, "snapshots")).map(blobOf));
  const gone = [...blobs].filter((path) => !used.has(path)).concat(partials.map((name) => join(repo, "blobs", name)));
  for (const path of gone) {
    freedBytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    rmSync(path, { force: true });
  }
  const keptRevisions = commitsOf(repo).length;
  if (keptRevisions === 0) rmSync(repo, { recursive: true, force: true });
  return { name: formatHubId(id), commit, files: pointers.length + partials.length, freedBytes, keptRevisions };
}

function removeSnapshot(repo: string, root: string, commit: string | undefined): void {
  rmSync(root, { recursive: true, force: true });
  for (const { ref, commit: named } of refsOf(repo)) if (named === commit) rmSync(join(repo, "refs", ...ref.split("/")));
  if (entriesOf(join(repo, "snapshots")).length === 0 && readable(join(repo, "snapshots"))) rmdirSync(join(repo, "snapshots"));
}

function readable(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Paths of everything in a folder that is no folder. */
function filesBelow(folder: string): string[] {
  if (!readable(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The blob that a file of a snapshot links to, or is a hard link of. */
function blobOf(pointer: string): string | undefined {
  const found = statSync(pointer, { throwIfNoEntry: false });
  if (!found) return undefined;
  const real = realpathSync(pointer);
  if (basename(dirname(real)) === "blobs") return real;
  const blobs = pointer.slice(0, pointer.lastIndexOf(`${"snapshots"}`)).concat("blobs");
  const same = entriesOf(blobs).find((name) => statSync(join(blobs, name)).ino === found.ino);
  return same === undefined ? undefined : realpathSync(join(blobs, same));
}
