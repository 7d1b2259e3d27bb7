import { CodecError, type CodecErrorCode, messageOf } from "../errors.ts";

/** What a failed system call means to the user: its code in the library, and words in place of the system's. */
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
  return new CodecError(code, `Cannot ${action} ${JSON.stringify(path)}: ${words}`, { cause: error });
}
