import { blobSource } from "../bytes/byte-source.ts";
import type { ModelFiles } from "../model/open-engine.ts";
import { RangeFile } from "../model/range-file.ts";
import { SafetensorsWeights } from "../model/weights.ts";
import { keptFile, type KeptFileOptions } from "./kept-file.ts";

/**
 * The files of a model in a folder of a web server, kept in the page's cache. Of the weights only what a network needs is held in memory.
 * @param folder absolute URL that ends with a slash
 */
export function urlFiles(folder: string, { cacheName, onProgress }: KeptFileOptions): ModelFiles {
  return {
    place: folder,
    config: async () => new Uint8Array(await (await keptFile(new URL("config.json", folder).href, { cacheName })).arrayBuffer()),
    async weights() {
      const blob = await keptFile(new URL("model.safetensors", folder).href, { cacheName, onProgress });
      return new SafetensorsWeights([await RangeFile.open(blobSource(blob))]);
    },
  };
}
