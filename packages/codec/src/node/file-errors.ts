import { lstatSync, readlinkSync } from "node:fs";
import { CodecError, type CodecErrorCode, messageOf } from "../errors.ts";

/**
 * What a failed system call means to the user: its code in the library, and words in place of the
 * system's.
 */
const MEANINGS: Readonly<Record<string, readonly [CodecErrorCode, string]>> = {
  ENOENT: ["not-found", "there is no such file or folder"],
  ENOTDIR: ["not-found", "a part of the path is a file, not a folder"],
  EACCES: ["no-permission", "permission is denied"],
  EPERM: ["no-permission", "the operation is not permitted"],
  EROFS: ["no-permission", "the file system is read-only"],
  EISDIR: ["io", "it is a folder; a file is wanted"],
  ENOSPC: ["io", "the disk is full"],
  EFBIG: ["io", "the file is larger than the system allows"],
  EDQUOT: ["io", "the disk quota is used up"],
  EMFILE: ["io", "too many files are open"],
  ENAMETOOLONG: ["io", "the name is too long"],
  ELOOP: ["io", "its links lead in a circle"],
  EEXIST: ["io", "it exists already; choose another name"],
};

/**
 * Turns what a system call threw into the library's error.
 * @param action such as "read" or "write"
 */
export function fileError(action: string, path: string, error: unknown): CodecError {
  if (error instanceof CodecError) return error;
  const errno = (error as NodeJS.ErrnoException | null)?.code ?? "";
  const [code, words] = MEANINGS[errno] ?? ["io", messageOf(error)];
  return new CodecError(code, `Cannot ${action} ${JSON.stringify(path)}: ${errno === "ENOENT" ? whyMissing(path, words) : words}`, {
    cause: error,
  });
}

/**
 * What stands in the way of a file that others see: a link that leads nowhere, or a name in another
 * encoding, which Node gives with U+FFFD in it.
 */
function whyMissing(path: string, words: string): string {
  if (path.includes("\ufffd")) return "its name is not UTF-8, by which alone it can be opened; rename it, or give it on the standard input";
  try {
    if (lstatSync(path).isSymbolicLink()) return `it is a link to ${JSON.stringify(readlinkSync(path))}, which is not there`;
  } catch {
    // nor is there a link
  }
  return words;
}
