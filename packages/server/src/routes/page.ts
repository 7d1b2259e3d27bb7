import { sep } from "node:path";
import type { FastifyPluginAsync } from "fastify";
import fastifyStatic from "@fastify/static";

/** Where the files of the page are. */
export interface PageOptions {
  /** Folder with `index.html`. */
  readonly pageFolder: string;
  /** Folder of the compact model, which the page can run by itself. */
  readonly compactFolder: string;
}

/** Files of the model that are given away. */
const MODEL_FILES: readonly string[] = ["/config.json", "/model.safetensors", "/concealment.safetensors"];
/**
 * Below this folder of the page, names hold a hash of the content, so that a file never changes.
 */
const HASHED = `${sep}assets${sep}`;
const FOREVER = "public, max-age=31536000, immutable";
const ASK_FIRST = "no-cache";

/**
 * The page with its scenes, and the compact model for it under `/model/compact/`; ranges and ETags
 * as RFC 9110 has them.
 */
export const pageRoutes: FastifyPluginAsync<PageOptions> = async (app, { pageFolder, compactFolder }) => {
  await app.register(fastifyStatic, {
    root: pageFolder,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => void response.setHeader("cache-control", path.includes(HASHED) ? FOREVER : ASK_FIRST),
  });
  await app.register(fastifyStatic, {
    root: compactFolder,
    prefix: "/model/compact/",
    index: false,
    decorateReply: false,
    cacheControl: false,
    allowedPath: (path) => MODEL_FILES.includes(path),
    setHeaders: (response) => void response.setHeader("cache-control", ASK_FIRST),
  });
};
