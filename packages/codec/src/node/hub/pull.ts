import { rename, rm, stat } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CodecError } from "../../errors.ts";
import { fileError } from "../file-errors.ts";
import { findCachedModel, lockPath, PARTIAL_SUFFIX, placeFile, repoFolder, writeRef } from "./cache.ts";
import { hashFile } from "./digest.ts";
import { downloadFile } from "./download.ts";
import { type Environment, hubCacheFolder, isOffline } from "./environment.ts";
import { endpointOf, HUB, type HubName, type RemoteFile, type RemoteModel } from "./hub.ts";
import { HubClient, type HubClientOptions } from "./hub-client.ts";
import { formatHubId, type HubId, requireHubId, requireRevision } from "./hub-id.ts";
import { withLock } from "./lock.ts";
import { proxyFetch, proxyFor } from "./proxy.ts";
import { CONFIG_FILE, INDEX_FILE, MODEL_TYPES, modelTypeOf, parseWeightIndex, WEIGHTS_FILE } from "../../model/model-folder.ts";
import { modelBytes, PREPROCESSOR_FILE, presentFiles } from "./needed-files.ts";

/** How far a download is. */
export interface PullProgress {
  /** File that is being worked on. */
  readonly file: string;
  /** Bytes that are there, with those of earlier runs. */
  readonly doneBytes: number;
  /** Bytes of all files that are known to be needed. */
  readonly totalBytes: number;
  /** Bytes that this run has brought over the network. */
  readonly downloadedBytes: number;
}

/** How a model is downloaded. */
export interface PullOptions extends Pick<HubClientOptions, "fetch" | "stallMs" | "retryMs" | "signal"> {
  /** Default `hf`. */
  readonly hub?: HubName | undefined;
  /** Base URL of a mirror. Default: `HF_ENDPOINT` or `MODELSCOPE_ENDPOINT`, else the public hub. */
  readonly endpoint?: string | undefined;
  /** Branch, tag or commit. Default: `main`, on ModelScope `master`. */
  readonly revision?: string | undefined;
  /** Use nothing but what is in the cache. Default: `HF_HUB_OFFLINE`. */
  readonly offline?: boolean | undefined;
  /** Told how far the work is, several times a second. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Variables that name caches, mirrors and tokens. Default `process.env`. */
  readonly env?: Environment | undefined;
}

/** A model that is now in the cache. */
export interface PulledModel {
  /** The name by which it can be opened. */
  readonly name: string;
  readonly folder: string;
  /**
   * Commit of the snapshot; undefined for one in the cache of ModelScope's package, which is
   * offered offline only.
   */
  readonly commit: string | undefined;
  /** Names of its files. */
  readonly files: readonly string[];
  /** Length of its files. */
  readonly bytes: number;
  /** What came over the network; 0 when everything was there. */
  readonly downloadedBytes: number;
}

/**
 * Downloads a model into the cache that Python users have, or finds it there. What is there is
 * checked and what is damaged is replaced; what an earlier run left unfinished is continued.
 * @param name `OWNER/NAME`, or `OWNER/NAME/FOLDER` for one in a folder of a repository
 * @throws CodecError `usage`, `not-found`, `no-permission`, `io` (network, disk), `bad-format`
 * (wrong content), `bad-model`, `aborted`
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<PulledModel> {
  const id = requireHubId(name);
  const env = options.env ?? process.env;
  if (options.revision !== undefined) requireRevision(options.revision);
  if (options.offline ?? isOffline(env)) return offlineModel(id, env, options.revision);
  return (await Pull.start(id, env, options)).run();
}

function offlineModel(id: HubId, env: Environment, revision: string | undefined): PulledModel {
  const name = formatHubId(id);
  const found = findCachedModel(id, env, revision);
  if (found && found.missing.length === 0) return pulled(id, found.folder, found.commit, 0);
  const missing = found ? `its files ${found.missing.join(", ")} are not` : "it is not";
  throw new CodecError(
    "not-found",
    `Cannot download "${name}" in offline mode: ${missing} in the cache "${hubCacheFolder(env)}"; go online, without --offline and HF_HUB_OFFLINE`,
  );
}

function pulled(id: HubId, folder: string, commit: string | undefined, downloadedBytes: number): PulledModel {
  return { name: formatHubId(id), folder, commit, files: presentFiles(folder), bytes: modelBytes(folder), downloadedBytes };
}

/** One download of a model. */
class Pull {
  readonly #id: HubId;
  readonly #cache: string;
  readonly #client: HubClient;
  readonly #remote: RemoteModel;
  readonly #options: PullOptions;
  readonly #doneBytes = new Map<RemoteFile, number>();
  #downloadedBytes = 0;

  private constructor(id: HubId, cache: string, client: HubClient, remote: RemoteModel, options: PullOptions) {
    this.#id = id;
    this.#cache = cache;
    this.#client = client;
    this.#remote = remote;
    this.#options = options;
  }

  static async start(id: HubId, env: Environment, options: PullOptions): Promise<Pull> {
    const hub = HUB[options.hub ?? "hf"];
    const endpoint = endpointOf(hub, options.endpoint, env);
    const token = await hub.token(env);
    const other = hub.name === "hf" ? "--hub modelscope" : "--hub hf";
    const client = new HubClient({
      ...options,
      fetch: options.fetch ?? (await proxyFetch(env)),
      proxy: proxyFor(endpoint.protocol, env),
      endpoint,
      title: hub.title,
      tokenVariable: hub.tokenVariable,
      credentials: token === undefined ? {} : hub.credentials(token),
      remedy: `check the network, or use ${other}, or a mirror with --endpoint`,
    });
    const remote = await hub.list(client, endpoint, id.repo, options.revision ?? hub.defaultRevision);
    return new Pull(id, hubCacheFolder(env), client, remote, options);
  }

  async run(): Promise<PulledModel> {
    const folder = join(repoFolder(this.#cache, this.#id.repo), "snapshots", this.#remote.commit, this.#id.subfolder);
    const config = this.#find(CONFIG_FILE);
    if (!config) throw this.#noModel(`has no ${CONFIG_FILE}`);
    await this.#bring([config]);
    this.#assertKnown(await this.#read(config));
    const small = this.#find(PREPROCESSOR_FILE);
    await this.#bring([...(small ? [small] : []), ...(await this.#weights())]);
    if (this.#remote.ref !== undefined) await writeRef(repoFolder(this.#cache, this.#id.repo), this.#remote.ref, this.#remote.commit);
    return pulled(this.#id, folder, this.#remote.commit, this.#downloadedBytes);
  }

  #find(name: string): RemoteFile | undefined {
    const path = this.#id.subfolder === "" ? name : `${this.#id.subfolder}/${name}`;
    return this.#remote.files.find((file) => file.path === path);
  }

  /** The weights: one file, or the index, which is fetched to know the others. */
  async #weights(): Promise<RemoteFile[]> {
    const whole = this.#find(WEIGHTS_FILE);
    if (whole) return [whole];
    const index = this.#find(INDEX_FILE);
    if (!index) throw this.#noModel(`has neither ${WEIGHTS_FILE} nor ${INDEX_FILE}`);
    await this.#bring([index]);
    return parseWeightIndex(await this.#read(index)).shards.map((name) => {
      const shard = this.#find(name);
      if (!shard) throw this.#noModel(`lacks ${name}, which its ${INDEX_FILE} names`);
      return shard;
    });
  }

  /** Refuses other models before their weights are downloaded. */
  #assertKnown(config: string): void {
    const type = modelTypeOf(config);
    if (type !== undefined && MODEL_TYPES.includes(type)) return;
    throw this.#noModel(`is of another kind (model_type ${JSON.stringify(type)}), known are ${MODEL_TYPES.join(", ")}`);
  }

  #noModel(what: string): CodecError {
    const inside = this.#remote.files.some(({ path }) => path === `speech_tokenizer/${CONFIG_FILE}`) && this.#id.subfolder === "";
    const remedy = inside ? `its codec is "${this.#id.repo}/speech_tokenizer"` : "choose another model";
    return new CodecError("bad-model", `Cannot download "${formatHubId(this.#id)}": it ${what}; ${remedy}`);
  }

  async #read(file: RemoteFile): Promise<string> {
    const path = this.#pointer(file);
    return readFile(path, "utf8").catch((error) => {
      throw fileError("read", path, error);
    });
  }

  #pointer(file: RemoteFile): string {
    return join(repoFolder(this.#cache, this.#id.repo), "snapshots", this.#remote.commit, ...file.path.split("/"));
  }

  async #bring(files: readonly RemoteFile[]): Promise<void> {
    for (const file of files) this.#doneBytes.set(file, 0);
    for (const file of files) await this.#bringOne(file);
  }

  async #bringOne(file: RemoteFile): Promise<void> {
    const blob = join(repoFolder(this.#cache, this.#id.repo), "blobs", file.digest.hex);
    if (!(await this.#holds(this.#pointer(file), file))) {
      const work = async (): Promise<void> => {
        if (!(await this.#holds(blob, file))) await this.#download(file, blob);
        await placeFile(blob, this.#pointer(file));
      };
      await withLock(lockPath(this.#cache, this.#id.repo, file.digest.hex), work, this.#options.signal);
    }
    this.#tell(file, file.bytes);
  }

  async #holds(path: string, { bytes, digest }: RemoteFile): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    return (
      found?.isFile() === true && found.size === bytes && (await hashFile(path, digest.algorithm, this.#options.signal)) === digest.hex
    );
  }

  async #download(file: RemoteFile, blob: string): Promise<void> {
    const partial = blob + PARTIAL_SUFFIX;
    await adoptPartial(`${blob}.incomplete`, partial);
    let before: number | undefined;
    const onBytes = (bytes: number): void => {
      this.#downloadedBytes += Math.max(0, bytes - (before ?? bytes));
      before = bytes;
      this.#tell(file, bytes);
    };
    await downloadFile(this.#client, file, { partial, final: blob, onBytes });
  }

  #tell(file: RemoteFile, bytes: number): void {
    this.#doneBytes.set(file, bytes);
    const doneBytes = [...this.#doneBytes.values()].reduce((sum, n) => sum + n, 0);
    const totalBytes = [...this.#doneBytes.keys()].reduce((sum, { bytes: n }) => sum + n, 0);
    this.#options.onProgress?.({ file: file.path, doneBytes, totalBytes, downloadedBytes: this.#downloadedBytes });
  }
}

/**
 * Age after which an unfinished download of the Python package is taken over, ms: that package
 * gives up a silent connection after 10 s.
 */
const ABANDONED_MS = 60_000;

/** Continues what Python began, where it does not seem to be running any more. */
async function adoptPartial(theirs: string, ours: string): Promise<void> {
  const [found, own] = await Promise.all([theirs, ours].map((path) => stat(path).catch(() => undefined)));
  if (!found || found.size <= (own?.size ?? 0) || Date.now() - found.mtimeMs < ABANDONED_MS) return;
  await rm(ours, { force: true });
  await rename(theirs, ours).catch(() => undefined); // gone meanwhile
}
