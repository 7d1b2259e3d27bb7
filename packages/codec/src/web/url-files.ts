import { blobSource } from "../bytes/byte-source.ts";
import { modelFiles } from "../model/model-folder.ts";
import type { ModelFiles } from "../model/open-engine.ts";
import { RangeFile, type RangeSource } from "../model/range-file.ts";
import { SafetensorsWeights } from "../model/weights.ts";
import type { FetchedWeights, LoadProgress } from "./engine-start.ts";
import { isThere, keptFile, type KeptFileOptions, keptWhole } from "./kept-file.ts";
import { KeptRanges } from "./kept-ranges.ts";

/** How the files of a model are fetched. */
export interface UrlFilesOptions extends KeptFileOptions {
  readonly weights: FetchedWeights;
}

/**
 * The files of a model in a folder of a web server, kept in the page's cache. Of the weights only
 * what a network needs is held in memory.
 * @param folder absolute URL that ends with a slash
 */
export function urlFiles(folder: string, { cacheName, onProgress, weights }: UrlFilesOptions): ModelFiles {
  const urlOf = (name: string): string => new URL(name, folder).href;
  const files = modelFiles({
    where: folder,
    has: (name) => isThere(urlOf(name), cacheName),
    read: async (name) => new Uint8Array(await (await keptFile(urlOf(name), { cacheName })).arrayBuffer()),
    async openWeights(names) {
      const report = summed(names.length, onProgress);
      const open = weights === "decoder" ? rangeSource : wholeSource;
      const sources = await Promise.all(
        names.map((name, i) => open(urlOf(name), { cacheName, onProgress: report && ((part) => report(i, part)) })),
      );
      return new SafetensorsWeights(await Promise.all(sources.map((source) => RangeFile.open(source))));
    },
  });
  return weights === "decoder" ? { ...files, ahead: "decoder" } : files;
}

async function wholeSource(url: string, options: KeptFileOptions): Promise<RangeSource> {
  return blobSource(await keptFile(url, options));
}

/** A file by its ranges; as a whole where that is kept already, or the server knows no ranges. */
async function rangeSource(url: string, options: KeptFileOptions): Promise<RangeSource> {
  const whole = await keptWhole(url, options);
  return whole ? blobSource(whole) : ((await KeptRanges.open(url, options)) ?? wholeSource(url, options));
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
