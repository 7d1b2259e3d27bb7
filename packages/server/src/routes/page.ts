import { CodecError } from "@twelvehz/codec";
import { halvedTensors } from "@twelvehz/codec/internal";
import { folderFiles, PUBLISHED_MODEL } from "@twelvehz/codec/node";
import { existsSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join, sep } from "node:path";
import { ReadableStream } from "node:stream/web";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import fastifyStatic from "@fastify/static";
import { HalvedFile } from "./halved-file.ts";

/** Where the files of the page are. */
export interface PageOptions {
  /** Folder with `index.html`. */
  readonly pageFolder: string;
  /** Folder of the compact model, which the page can run by itself. */
  readonly compactFolder: string;
  /** Folder of an installed model that decodes on graphics cards, where there is one to give away. */
  readonly graphicsFolder: () => Promise<string | undefined>;
}

/** A route to one file. */
interface OneFile {
  readonly Params: { readonly file: string };
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
 * one that decodes on graphics cards under `/model/published/`, and under `/model/published/float16/`
 * with weights of 16 bits; ranges and ETags as RFC 9110 has them.
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
  const folderOf = async (file: string): Promise<string> => {
    const folder = INSTALLED_FILE.test(file) ? await graphicsFolder() : undefined;
    if (folder === undefined || !existsSync(join(folder, file)))
      throw new CodecError("not-found", `Cannot give "${file}": this server has no such file of a published model; ${HOW_TO_GET}`);
    return folder;
  };
  const sendFile = (file: string, folder: string, reply: FastifyReply): FastifyReply => {
    return reply.header("cache-control", ASK_FIRST).sendFile(file, folder, { cacheControl: false });
  };
  app.get<OneFile>("/model/published/:file", { schema: { hide: true } }, async ({ params: { file } }, reply) =>
    sendFile(file, await folderOf(file), reply),
  );
  app.get<OneFile>("/model/published/float16/:file", { schema: { hide: true } }, async (request, reply) => {
    const { file } = request.params;
    const folder = await folderOf(file);
    if (!file.endsWith(".safetensors")) return sendFile(file, folder, reply);
    return sendHalved(await HalvedFile.open(join(folder, file), await halvedTensors(folderFiles(folder))), request.headers, reply);
  });
};

/** Sends a file, or the range of it that was asked for (RFC 9110, section 14; one range at a time). */
function sendHalved(file: HalvedFile, { range, "if-none-match": known }: IncomingHttpHeaders, reply: FastifyReply): FastifyReply {
  const { byteLength, etag } = file;
  void reply.headers({ "cache-control": ASK_FIRST, "accept-ranges": "bytes", etag });
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  const [start, end] = first === undefined ? [0, byteLength] : [Number(first), Math.min(byteLength, last ? Number(last) + 1 : byteLength)];
  if (known === etag) return reply.code(304).send();
  if (start >= end) return reply.code(416).header("content-range", `bytes */${byteLength}`).send();
  if (first !== undefined) void reply.code(206).header("content-range", `bytes ${start}-${end - 1}/${byteLength}`);
  void reply.headers({ "content-length": end - start, "content-type": "application/octet-stream" });
  return reply.send(ReadableStream.from(file.bytes(start, end)));
}
