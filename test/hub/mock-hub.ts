/**
 * Both public hubs in small, on two ports: the hub itself, and the other host to which it redirects
 * large files. Misbehaves as it is told.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** How one answer goes wrong. Without anything it goes right. */
export interface Misbehaviour {
  /** Answer with this status, without a body. */
  readonly status?: number;
  /** Headers to add. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cut the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** After `cutAfter` bytes, say nothing more instead of cutting. */
  readonly silent?: boolean;
  /** Change the byte of the file at this place. */
  readonly corruptAt?: number;
  /** What `Content-Length` says. The body has the right length. */
  readonly announce?: number;
  /** Send so many bytes more than the file has, without `Content-Length`. */
  readonly extra?: number;
  /** Send the whole file whatever was asked for. */
  readonly ignoreRange?: boolean;
  /** Begin so many bytes later than was asked for. */
  readonly skip?: number;
  /** Refuse to continue. */
  readonly refuseRange?: boolean;
  /** Bytes at a time, with a pause of 10 ms between. */
  readonly throttle?: number;
}

/** A repository: its files by path. */
export interface MockRepo {
  readonly commit: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Length that the list gives, where it lies. */
  readonly listedBytes?: Readonly<Record<string, number>>;
  /** Digest that the list gives, where it lies. */
  readonly listedDigests?: Readonly<Record<string, string>>;
}

/** A request that came. */
export interface SeenRequest {
  /** The hub, or the other host. */
  readonly host: "hub" | "cdn";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

/** Files from this length on are large, as with Git LFS. */
const LARGE = 4096;

/** SHA-256 in hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The name that git gives a file. */
export function gitSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The digest that names a file in the cache. */
export function blobName(bytes: Uint8Array): string {
  return bytes.length >= LARGE ? sha256(bytes) : gitSha1(bytes);
}

const running = new Set<MockHub>();
afterEach(async () => {
  await Promise.all([...running].map((hub) => hub.stop()));
});

/** A running hub; it ends with the test. */
export class MockHub {
  /** Repositories by `OWNER/NAME`. */
  readonly repos = new Map<string, MockRepo>();
  /** How the next contents of large files are answered, one after another; afterwards rightly. */
  readonly plan: Misbehaviour[] = [];
  /** How every content of a large file is answered, where the plan is empty. */
  always: Misbehaviour = {};
  /** How the next lists are answered; afterwards rightly. */
  readonly listPlan: Misbehaviour[] = [];
  readonly seen: SeenRequest[] = [];
  /** Entries on one page of a list. */
  pageSize = 1000;
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer("hub", request, response));
    this.#cdn = createServer((request, response) => this.#answer("cdn", request, response));
  }

  static async start(repos: Readonly<Record<string, MockRepo>> = {}): Promise<MockHub> {
    const hub = new MockHub();
    for (const [name, repo] of Object.entries(repos)) hub.repos.set(name, repo);
    await Promise.all([hub.#hub, hub.#cdn].map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
    running.add(hub);
    return hub;
  }

  async stop(): Promise<void> {
    running.delete(this);
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      server.close();
    }
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  /** Requests for the content of files whose name ends so. */
  contents(ending: string): SeenRequest[] {
    return this.seen.filter(({ host, path }) => host === "cdn" && path.endsWith(ending));
  }

  #answer(host: "hub" | "cdn", request: IncomingMessage, response: ServerResponse): void {
    const { authorization, cookie, range } = request.headers;
    this.seen.push({ host, path: decodeURIComponent(request.url ?? ""), range, authorization, cookie });
    const url = new URL(request.url ?? "", this.url);
    if (host === "cdn") return this.#content(url, request, response);
    const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
    if (parts[0] === "api" && parts[1] === "models") return this.#huggingFaceList(parts.slice(2), url, response);
    if (parts[0] === "api" && parts[1] === "v1") return this.#modelScope(parts.slice(3), url, request, response);
    const repo = this.repos.get(parts.slice(0, 2).join("/"));
    const path = parts.slice(4).join("/");
    if (parts[2] !== "resolve" || parts[3] !== repo?.commit || !repo.files[path]) return void response.writeHead(404).end();
    this.#file(parts.slice(0, 2).join("/"), path, request, response);
  }

  /** Small files directly, large ones from the other host. */
  #file(repo: string, path: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = this.repos.get(repo)!.files[path];
    if (bytes.length < LARGE) return send(bytes, request, response, {});
    const port = (this.#cdn.address() as AddressInfo).port;
    response.writeHead(302, { location: `http://127.0.0.1:${port}/?signed=1&file=${encodeURIComponent(`${repo}/${path}`)}` }).end();
  }

  #content(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const [owner, name, ...path] = (url.searchParams.get("file") ?? "").split("/");
    send(this.repos.get(`${owner}/${name}`)!.files[path.join("/")], request, response, this.plan.shift() ?? this.always);
  }

  #huggingFaceList([owner, name, kind, revision]: readonly string[], url: URL, response: ServerResponse): void {
    if (misbehaves(response, this.listPlan.shift())) return;
    const repo = this.repos.get(`${owner}/${name}`);
    if (!repo) return void response.writeHead(401, { "x-error-code": "RepoNotFound" }).end();
    if (!["main", "v1", repo.commit].includes(revision)) return void response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
    if (kind === "revision") return json(response, { id: `${owner}/${name}`, sha: repo.commit });
    const entries = Object.entries(repo.files).map(([path, bytes]) => {
      const size = repo.listedBytes?.[path] ?? bytes.length;
      const oid = repo.listedDigests?.[path] ?? blobName(bytes);
      return {
        type: "file",
        path,
        size,
        oid: gitSha1(bytes),
        ...(bytes.length >= LARGE ? { lfs: { oid, size, pointerSize: 134 } } : { oid }),
      };
    });
    const first = Number(url.searchParams.get("cursor") ?? 0);
    const next = new URL(url);
    next.searchParams.set("cursor", String(first + this.pageSize));
    const more = first + this.pageSize < entries.length;
    json(
      response,
      [{ type: "directory", path: "folder", oid: "0" }, ...entries.slice(first, first + this.pageSize)],
      more ? { link: `<${next.href}>; rel="next"` } : {},
    );
  }

  #modelScope([owner, name, , kind]: readonly string[], url: URL, request: IncomingMessage, response: ServerResponse): void {
    const repo = this.repos.get(`${owner}/${name}`);
    if (!repo) return json(response, { Code: 10010205001, Message: "the model is not there", Success: false }, {}, 404);
    if (kind !== "files") return this.#file(`${owner}/${name}`, url.searchParams.get("FilePath") ?? "", request, response);
    const files = Object.entries(repo.files).map(([path, bytes]) => ({
      Type: "blob",
      Name: path.split("/").at(-1),
      Path: path,
      Size: bytes.length,
      Sha256: sha256(bytes),
      Revision: repo.commit,
    }));
    json(response, { Code: 200, Data: { Files: [{ Type: "tree", Path: "folder" }, ...files] }, Success: true });
  }
}

function json(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

function misbehaves(response: ServerResponse, { status, headers, cutAfter }: Misbehaviour = {}): boolean {
  if (cutAfter !== undefined) response.destroy();
  else if (status !== undefined) response.writeHead(status, headers).end();
  return cutAfter !== undefined || status !== undefined;
}

function send(whole: Uint8Array, request: IncomingMessage, response: ServerResponse, how: Misbehaviour): void {
  if (how.status !== undefined) return void response.writeHead(how.status, how.headers).end();
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  if (asked && how.refuseRange) return void response.writeHead(416).end();
  const start = asked && !how.ignoreRange ? Number(asked[1]) + (how.skip ?? 0) : 0;
  const bytes = Buffer.from(whole);
  if (how.corruptAt !== undefined) bytes[how.corruptAt] ^= 1;
  const body = Buffer.concat([bytes.subarray(start), Buffer.alloc(how.extra ?? 0)]);
  const headers: Record<string, string> = { etag: `"x"` };
  if (how.extra === undefined) headers["content-length"] = String(how.announce ?? body.length);
  if (asked && !how.ignoreRange) headers["content-range"] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  Object.assign(headers, how.headers);
  response.strictContentLength = false;
  response.writeHead(asked && !how.ignoreRange ? 206 : 200, headers);
  void sendBody(response, body.subarray(0, how.cutAfter), how);
}

async function sendBody(response: ServerResponse, body: Buffer, how: Misbehaviour): Promise<void> {
  const step = how.throttle ?? Math.max(1, body.length);
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    await new Promise((resolve) => response.write(body.subarray(at, at + step), resolve));
    if (how.throttle !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (how.silent) return;
  if (how.cutAfter === undefined && how.announce === undefined) response.end();
  else setTimeout(() => response.destroy(), 20); // after the bytes are out
}
