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
  const unreachable = new Set<string>();
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    requests.push(`${request.method} ${path}`);
    if ([...unreachable].some((prefix) => path.startsWith(prefix))) request.socket.destroy();
    else answer(path, request.method, response, fileUnder(path, folders));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, unreachable, close };
}

function answer(path: string, method: string | undefined, response: ServerResponse, bytes: Buffer | undefined): void {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin").setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  if (!bytes) return void response.writeHead(404).end();
  response.setHeader("Content-Type", TYPES[extname(path) || ".html"] ?? "application/octet-stream");
  response.setHeader("ETag", `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`);
  response.setHeader("Content-Length", bytes.length);
  response.end(method === "HEAD" ? undefined : bytes);
}

function fileUnder(path: string, folders: Readonly<Record<string, string>>): Buffer | undefined {
  const mount = Object.keys(folders).find((prefix) => path.startsWith(prefix));
  if (mount === undefined) return undefined;
  const file = join(folders[mount], path.slice(mount.length) || "index.html");
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
}
