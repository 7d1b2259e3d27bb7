import type { FoundEntry } from "./entry.ts";
import { listFolder } from "./files.ts";
import { guessSeconds, isSound, type SourceContext } from "./source.ts";

/** The sounds of a folder and of all below it. Ids are their paths. */
export async function* readFolder(address: string, { rootOf, prefix }: SourceContext): AsyncGenerator<FoundEntry> {
  const root = rootOf(address);
  for (const { path, bytes } of await listFolder(address)) {
    if (!isSound(path)) continue;
    yield { entry: { id: prefix + path, source: path, place: { root, path }, bytes }, seconds: guessSeconds(path, bytes) };
  }
}
