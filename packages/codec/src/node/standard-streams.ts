import { fstatSync, statSync } from "node:fs";
import { assertKind, assertNumber } from "../misuse.ts";

/**
 * Whether a path is another name of a standard stream of this process, such as `/dev/stdout`,
 * `/dev/fd/1` or, where that is one, `/dev/null`. A regular file that is the standard input counts
 * as a file: it tells its length.
 * @param path file, or `-`, which always is
 * @param descriptor 0 = standard input, 1 = standard output
 */
export function isStandardStream(path: string, descriptor: 0 | 1): boolean {
  assertKind(path, "path", "string");
  assertNumber(descriptor, "descriptor", 0, 1);
  if (path === "-") return true;
  try {
    const [named, standard] = [statSync(path, { bigint: true }), fstatSync(descriptor, { bigint: true })];
    return named.dev === standard.dev && named.ino === standard.ino && (descriptor === 1 || !standard.isFile());
  } catch {
    return false; // not there, or a stream that the process was started without
  }
}
