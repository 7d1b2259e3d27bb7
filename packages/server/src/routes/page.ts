import { CodecError } from "@twelvehz/codec";
import { PUBLISHED_MODEL } from "@twelvehz/codec/node";
import { sep } from "node:path";
import type { FastifyPluginAsync } from "fastify";
import fastifyStatic from "@fastify/static";

/** Where the files of the page are. */
export interface PageOptions {
  /** Folder with `index.html`. */
  readonly pageFolder: string;
  /** Folder of the compact model, which the page can run by itself. */
  readonly compactFolder: string;
  /** Folder of an installed model that decodes on graphics cards, where there is one to give away. */
  readonly graphicsFolder: () => Promise<string | undefined>;
}

/** Files of the model that are given away. */
const MODEL_FILES: readonly string[] = ["/config.json", "/model.safetensors", "/concealment.safetensors"];
/** Files of an installed model that are given away: also where its weights are spread over several. */
const INSTALLED_FILE = /^(config\.json|model\.safetensors\.index\.json|[\w-][\w.-]*\.safetensors)$/;
/**
 * Below this folder of the page, names hold a hash of the content, so that a file never changes.
 */
const HASHED = `${sep}assets${sep}`;
const FOREVER = "public, max-age=31536000, immutable";
const HOW_TO_GET = `run "twelvehz models pull ${PUBLISHED_MODEL}" where it runs`;
const ASK_FIRST = "no-cache";

/**
 * The page with its scenes, and models for it: the compact one under `/model/compact/`, an installed
 * one that decodes on graphics cards under `/model/published/`; ranges and ETags as RFC 9110 has them.
 */
export const pageRoutes: FastifyPluginAsync<PageOptions> = async (app, { pageFolder, compactFolder, graphicsFolder }) => {
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
  app.get<{ Params: { file: string } }>("/model/published/:file", { schema: { hide: true } }, async (request, reply) => {
    const { file } = request.params;
    const folder = INSTALLED_FILE.test(file) ? await graphicsFolder() : undefined;
    if (folder === undefined)
      throw new CodecError("not-found", `Cannot give "${file}": this server has no such file of a published model; ${HOW_TO_GET}`);
    return reply.header("cache-control", ASK_FIRST).sendFile(file, folder, { cacheControl: false });
  });
};
