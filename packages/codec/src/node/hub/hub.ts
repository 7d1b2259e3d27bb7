/** The two public hubs: their URL patterns and lists of files. */
import { createHash } from "node:crypto";
import { CodecError } from "../../errors.ts";
import { type ContentDigest, digestOf } from "./digest.ts";
import { type Environment, huggingFaceToken, modelScopeToken } from "./environment.ts";
import type { HubClient } from "./hub-client.ts";
import { isCommit } from "./hub-id.ts";

/** Names of the hubs. */
export const HUBS = ["hf", "modelscope"] as const;
/** The Hugging Face hub, or ModelScope. */
export type HubName = (typeof HUBS)[number];

/** One file on a hub. */
export interface RemoteFile {
  /** Path in the repository, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** What its content must be; also its name among the blobs of the cache. */
  readonly digest: ContentDigest;
  readonly url: URL;
}

/** A model on a hub at one revision. */
export interface RemoteModel {
  /** 40 hexadecimal digits that name the snapshot. */
  readonly commit: string;
  /** Name under `refs/` of the cache, or undefined when the revision is a commit itself. */
  readonly ref: string | undefined;
  readonly files: readonly RemoteFile[];
}

/** What differs between the hubs. */
export interface Hub {
  readonly name: HubName;
  /** Name for messages. */
  readonly title: string;
  readonly defaultEndpoint: string;
  /** Environment variable that names a mirror. */
  readonly endpointVariable: string;
  readonly tokenVariable: string;
  readonly defaultRevision: string;
  token(env: Environment): Promise<string | undefined>;
  /** Headers that carry a token. */
  credentials(token: string): Readonly<Record<string, string>>;
  /**
   * Finds a revision and lists its files.
   * @throws CodecError `not-found`, `no-permission`, `io`, `bad-format`, `aborted`
   */
  list(client: HubClient, endpoint: URL, repo: string, revision: string): Promise<RemoteModel>;
}

/**
 * Base URL of a hub: the argument, else the variable of the hub, else the public one.
 * @throws CodecError `usage`
 */
export function endpointOf(hub: Hub, argument: string | undefined, env: Environment): URL {
  const text = argument ?? (env[hub.endpointVariable] || hub.defaultEndpoint);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new CodecError("usage", `Cannot use "${text}" as the address of a hub: give a URL such as ${hub.defaultEndpoint}`);
}

/**
 * A URL below an endpoint, which may have a path of its own. Segments are encoded, slashes inside
 * them too.
 */
function below(endpoint: URL, segments: readonly string[], query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(endpoint.href);
  url.pathname = `${endpoint.pathname.replace(/\/$/, "")}/${segments.map(encodeURIComponent).join("/")}`;
  url.search = new URLSearchParams(query).toString();
  return url;
}

const huggingFace: Hub = {
  name: "hf",
  title: "the Hugging Face hub",
  defaultEndpoint: "https://huggingface.co",
  endpointVariable: "HF_ENDPOINT",
  tokenVariable: "HF_TOKEN",
  defaultRevision: "main",
  token: huggingFaceToken,
  credentials: (token) => ({ authorization: `Bearer ${token}` }),
  async list(client, endpoint, repo, revision) {
    const action = `find the model "${repo}"`;
    const model = ["api", "models", ...repo.split("/")];
    const { value } = await client.json(action, below(endpoint, [...model, "revision", revision]));
    const commit = field(value, "sha");
    if (typeof commit !== "string" || !isCommit(commit)) throw noList(action, "it names no commit");
    const files: RemoteFile[] = [];
    for (let next: URL | undefined = below(endpoint, [...model, "tree", commit], { recursive: "true" }); next; ) {
      const page: Awaited<ReturnType<HubClient["json"]>> = await client.json(action, next);
      if (!Array.isArray(page.value)) throw noList(action, "its list of files is no array");
      for (const entry of page.value) {
        const path = field(entry, "path");
        if (field(entry, "type") !== "file" || typeof path !== "string") continue;
        const url = below(endpoint, [...repo.split("/"), "resolve", commit, ...path.split("/")]);
        files.push(...remoteFile(path, field(entry, "size"), field(field(entry, "lfs"), "oid") ?? field(entry, "oid"), url));
      }
      next = nextPage(page.headers.get("link"), next);
    }
    return { commit, ref: isCommit(revision) ? undefined : revision, files };
  },
};

/** The page that `Link: <URL>; rel="next"` names. */
function nextPage(link: string | null, from: URL): URL | undefined {
  const match = /<([^>]+)>\s*;\s*rel="next"/.exec(link ?? "");
  return match ? new URL(match[1], from) : undefined;
}

const modelScope: Hub = {
  name: "modelscope",
  title: "ModelScope",
  defaultEndpoint: "https://www.modelscope.cn",
  endpointVariable: "MODELSCOPE_ENDPOINT",
  tokenVariable: "MODELSCOPE_API_TOKEN",
  defaultRevision: "master",
  token: modelScopeToken,
  credentials: (token) => ({ authorization: `Bearer ${token}`, cookie: `m_session_id=${token}` }),
  async list(client, endpoint, repo, revision) {
    const action = `find the model "${repo}"`;
    const model = ["api", "v1", "models", ...repo.split("/"), "repo"];
    const { value } = await client.json(action, below(endpoint, [...model, "files"], { Revision: revision, Recursive: "true" }));
    const list = field(field(value, "Data"), "Files");
    if (!Array.isArray(list))
      throw new CodecError("not-found", `Cannot ${action}: ModelScope says "${String(field(value, "Message"))}"; check the spelling`);
    const files = list
      .filter((entry) => field(entry, "Type") === "blob" && typeof field(entry, "Path") === "string")
      .flatMap((entry) => {
        const path = field(entry, "Path") as string;
        const url = below(endpoint, model, { Revision: revision, FilePath: path });
        return remoteFile(path, field(entry, "Size"), field(entry, "Sha256"), url);
      });
    return { commit: contentCommit(files), ref: isCommit(revision) ? undefined : `modelscope/${revision}`, files };
  },
};

/** ModelScope's list does not say its commit, so the snapshot is named by what is in it. */
function contentCommit(files: readonly RemoteFile[]): string {
  const lines = files.map(({ path, digest }) => `${path}\0${digest.hex}\n`).sort();
  return createHash("sha1").update(lines.join("")).digest("hex");
}

/** The hubs by name. */
export const HUB: Readonly<Record<HubName, Hub>> = { hf: huggingFace, modelscope: modelScope };

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/**
 * A file of the list, or nothing where the hub does not say its length and digest: what cannot be
 * checked is not downloaded.
 */
function remoteFile(path: string, bytes: unknown, hex: unknown, url: URL): RemoteFile[] {
  const digest = digestOf(hex);
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0 && digest ? [{ path, bytes: bytes as number, digest, url }] : [];
}

function noList(action: string, what: string): CodecError {
  return new CodecError("bad-format", `Cannot ${action}: the hub's answer is not as expected, ${what}; is it a hub? Check --endpoint`);
}
