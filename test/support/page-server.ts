/**
 * A static server for tests of the page: cross-origin isolated, with validators, and with a list of
 * what it was asked for.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** A server that runs. */
export interface PageServer {
  /** Ends without a slash. */
  readonly url: string;
  /** Method and path of every request so far, such as `GET /index.html`. */
  readonly requests: string[];
  /** Paths under which connections are cut without an answer. */
  readonly unreachable: Set<string>;
  /** Paths that are given as a whole, whatever range is asked for. */
  readonly withoutRanges: Set<string>;
  /** Bytes of bodies that were sent so far, by path. */
  readonly sentBytes: Map<string, number>;
  /** Bytes after which a body is cut off, and how many bodies are. */
  readonly cut: { afterBytes: number; times: number };
  /** Stops it; connections are cut. */
  close(): Promise<void>;
}

/**
 * Serves folders.
 * @param folders by the path under which they are served, the longest first:
 * `{ "/model/": "...", "/": "..." }`
 */
export async function servePage(folders: Readonly<Record<string, string>>): Promise<PageServer> {
  const requests: string[] = [];
  const [unreachable, withoutRanges] = [new Set<string>(), new Set<string>()];
  const sentBytes = new Map<string, number>();
  const cut = { afterBytes: 0, times: 0 };
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    requests.push(`${request.method} ${path}`);
    if ([...unreachable].some((prefix) => path.startsWith(prefix))) return void request.socket.destroy();
    const bytes = fileUnder(path, folders);
    const range = withoutRanges.has(path) ? undefined : rangeOf(request.headers.range, bytes);
    const body = answer(path, response, bytes, range);
    if (!body || request.method === "HEAD") return void response.end();
    const isCut = range !== undefined && body.length > cut.afterBytes && cut.times > 0 && cut.times-- > 0;
    const sent = isCut ? body.subarray(0, cut.afterBytes) : body;
    sentBytes.set(path, (sentBytes.get(path) ?? 0) + sent.length);
    if (isCut) response.write(sent, () => request.socket.destroy());
    else response.end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, unreachable, withoutRanges, sentBytes, cut, close };
}

/** Writes the head of an answer; gives its body. */
function answer(path: string, response: ServerResponse, file: Buffer | undefined, range: Range | undefined): Buffer | undefined {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin").setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  if (!file) {
    response.writeHead(404);
    return undefined;
  }
  const body = range ? file.subarray(range.start, range.end) : file;
  response.setHeader("Content-Type", TYPES[extname(path) || ".html"] ?? "application/octet-stream");
  response.setHeader("ETag", `"${createHash("sha256").update(file).digest("hex").slice(0, 16)}"`);
  response.setHeader("Content-Length", body.length);
  if (range) response.writeHead(206, { "content-range": `bytes ${range.start}-${range.end - 1}/${file.length}` });
  return body;
}

/** Bytes `start` to `end - 1`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function rangeOf(header: string | undefined, file: Buffer | undefined): Range | undefined {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? "") ?? [];
  return start === undefined || !file ? undefined : { start: Number(start), end: Math.min(file.length, Number(last) + 1) };
}

function fileUnder(path: string, folders: Readonly<Record<string, string>>): Buffer | undefined {
  const mount = Object.keys(folders).find((prefix) => path.startsWith(prefix));
  if (mount === undefined) return undefined;
  const file = join(folders[mount], path.slice(mount.length) || "index.html");
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
}
