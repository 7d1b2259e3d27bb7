import { blobSource } from "../bytes/byte-source.ts";
import { modelFiles } from "../model/model-folder.ts";
import type { ModelFiles } from "../model/open-engine.ts";
import { RangeFile } from "../model/range-file.ts";
import { SafetensorsWeights } from "../model/weights.ts";
import type { LoadProgress } from "./engine-start.ts";
import { isThere, keptFile, type KeptFileOptions } from "./kept-file.ts";

/**
 * The files of a model in a folder of a web server, kept in the page's cache. Of the weights only
 * what a network needs is held in memory.
 * @param folder absolute URL that ends with a slash
 */
export function urlFiles(folder: string, { cacheName, onProgress }: KeptFileOptions): ModelFiles {
  const urlOf = (name: string): string => new URL(name, folder).href;
  return modelFiles({
    where: folder,
    has: (name) => isThere(urlOf(name), cacheName),
    read: async (name) => new Uint8Array(await (await keptFile(urlOf(name), { cacheName })).arrayBuffer()),
    async openWeights(names) {
      const report = summed(names.length, onProgress);
      const blobs = await Promise.all(
        names.map((name, i) => keptFile(urlOf(name), { cacheName, onProgress: report && ((part) => report(i, part)) })),
      );
      return new SafetensorsWeights(await Promise.all(blobs.map((blob) => RangeFile.open(blobSource(blob)))));
    },
  });
}

/** Progress over several files: the sum, once every length is known. */
function summed(files: number, onProgress: KeptFileOptions["onProgress"]): ((file: number, part: LoadProgress) => void) | undefined {
  if (!onProgress) return undefined;
  const parts = new Array<LoadProgress>(files).fill({ loadedBytes: 0, totalBytes: undefined });
  return (file, part) => {
    parts[file] = part;
    const isKnown = parts.every(({ totalBytes }) => totalBytes !== undefined);
    onProgress({
      loadedBytes: parts.reduce((sum, { loadedBytes }) => sum + loadedBytes, 0),
      totalBytes: isKnown ? parts.reduce((sum, { totalBytes }) => sum + totalBytes!, 0) : undefined,
    });
  };
}
