import { mkdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CodecError } from "../errors.ts";
import { fileError } from "./file-errors.ts";

/** `s3://bucket/x`, and what joining paths leaves of it; one letter is a drive of Windows. */
const ADDRESS = /^[a-z][a-z\d+.-]+:\//i;

/**
 * Refuses addresses such as `s3://bucket/x`: the system would take `s3:` for the name of a folder.
 * @param action what cannot be done, such as "write to"
 * @throws CodecError `usage`
 */
export function assertLocalPath(action: string, path: string): void {
  if (ADDRESS.test(path))
    throw new CodecError(
      "usage",
      `Cannot ${action} ${JSON.stringify(path)}: a path on this machine is wanted; choose one, and copy what is there with a tool for such addresses`,
    );
}

/**
 * Makes a folder with those above it; one that is there stays. Node's `mkdir` with `recursive` never
 * ends where a file system answers that there is no such folder in a folder that is there, as `/proc`
 * does.
 * @returns the folders that were made, the outermost first
 * @throws CodecError `usage` for an address; `no-permission`, `not-found`, `io`
 */
export async function makeFolder(path: string): Promise<string[]> {
  assertLocalPath("make the folder", path);
  return makeWithParents(path);
}

/** Removes what {@link makeFolder} has made as far as nothing is in it. */
export async function removeEmptyFolders(made: readonly string[]): Promise<void> {
  for (const path of made.toReversed()) if (!(await rmdir(path).then(isTrue, isFalse))) return;
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;

async function makeWithParents(path: string): Promise<string[]> {
  const error = await attempt(path);
  if (error === "made") return [path];
  if (error === "there") return [];
  const above = dirname(path);
  if (error.code !== "ENOENT" || above === path) throw fileError("make the folder", path, error);
  const made = await makeWithParents(above);
  const again = await attempt(path);
  if (again === "made") return [...made, path];
  if (again === "there") return made;
  if (again.code !== "ENOENT") throw fileError("make the folder", path, again);
  throw new CodecError("io", `Cannot make the folder ${JSON.stringify(path)}: no folders can be made there; choose another place`, {
    cause: again,
  });
}

/** Makes one folder, or says what stands in the way. */
async function attempt(path: string): Promise<"made" | "there" | NodeJS.ErrnoException> {
  try {
    await mkdir(path);
    return "made";
  } catch (error) {
    const isThere = (await stat(path).catch(() => undefined))?.isDirectory() ?? false; // whatever was said: of "/" systems differ
    return isThere ? "there" : (error as NodeJS.ErrnoException);
  }
}
