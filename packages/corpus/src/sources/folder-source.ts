import type { FoundFile } from "./files.ts";
import { guessSeconds, isSound, type SourceReader } from "./source.ts";

/** The sounds of a folder and of all below it, as they were listed. Ids are their paths. */
export function readFolder(files: readonly FoundFile[]): SourceReader {
  return async function* (address, { rootOf, prefix }) {
    const root = rootOf(address);
    for (const { path, bytes } of files) {
      if (!isSound(path)) continue;
      yield { entry: { id: prefix + path, source: path, place: { root, path }, bytes }, seconds: guessSeconds(path, bytes) };
    }
  };
}
