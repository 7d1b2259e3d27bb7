// A large file of which only a part is needed is kept in blocks, each an entry of the Cache API of
// its own, as that takes no answers to requests for ranges. A download that breaks off goes on with
// the first block that is missing, when the page is opened again too. Blocks belong to a version of
// the file, and go when the server has another one; a server that cannot be reached changes nothing.

import { CodecError, messageOf } from "../errors.ts";
import type { ByteRange, RangeSource } from "../model/range-file.ts";
import type { LoadProgress } from "./engine-start.ts";
import { guarded, type KeptFileOptions, openCache, refused } from "./kept-file.ts";

/** Length of a block, bytes: what a broken download has to fetch twice at most. */
const BLOCK = 2 ** 18;
/** Under this query the version of the blocks is kept; under `…=VERSION&block=N` each of them. */
const QUERY = "twelvehz-version";

/** Times that a download may break off without a block between. */
const MOST_BREAKS = 3;

/** The answer began, and did not come to its end. */
class BrokenOff extends CodecError {}

/** Which version of a file the blocks are of. */
interface Version {
  /** Entity tag or date, as the server gives it. */
  readonly name: string;
  readonly byteLength: number;
}

/** Neighbouring blocks, `first` to `end - 1`. */
interface BlockRun {
  readonly first: number;
  end: number;
}

/** A file on a web server that is read by byte ranges (RFC 9110, section 14), which are kept. */
export class KeptRanges implements RangeSource {
  readonly byteLength: number;
  readonly #url: string;
  readonly #version: Version;
  readonly #cache: Cache | undefined;
  readonly #onProgress: ((progress: LoadProgress) => void) | undefined;
  /** Blocks that are in the cache. */
  readonly #kept: Set<number>;
  /** Blocks of which progress is told: those that were asked for ahead, and those of them that came. */
  readonly #wanted = new Set<number>();
  readonly #come = new Set<number>();
  /** The store takes no more. */
  #isFull: boolean;

  private constructor(
    url: string,
    version: Version,
    cache: Cache | undefined,
    kept: Set<number>,
    onProgress: KeptFileOptions["onProgress"],
  ) {
    this.#url = url;
    this.#version = version;
    this.byteLength = version.byteLength;
    this.#cache = cache;
    this.#kept = kept;
    this.#isFull = cache === undefined;
    this.#onProgress = onProgress;
  }

  /**
   * Asks the server, or what is kept where it cannot be reached.
   * @param url absolute
   * @returns undefined where the server does not answer by ranges, or does not tell the length
   * @throws CodecError `not-found`, or `io` when the server cannot be reached or refuses
   */
  static async open(url: string, { cacheName, onProgress }: KeptFileOptions): Promise<KeptRanges | undefined> {
    const cache = await openCache(cacheName);
    const noted = (await (await cache?.match(versionUrl(url)))?.json()) as Version | undefined;
    let answer: Response | undefined;
    try {
      answer = await guarded(url, () => ranged(url, 0, 1));
    } catch (error) {
      if (!noted) throw error;
    }
    const version = answer ? versionOf(answer) : noted;
    await answer?.body?.cancel();
    if (answer && !answer.ok) throw refused(url, answer.status);
    if (!version) return undefined;
    if (noted && !isSame(noted, version)) await forget(url, cache);
    await cache?.put(versionUrl(url), Response.json(version)).catch(() => undefined); // no room: it is fetched each time
    onProgress?.({ loadedBytes: 0, totalBytes: 0 });
    return new KeptRanges(url, version, cache, await keptBlocks(url, version, cache), onProgress);
  }

  /** Fetches what is missing of some ranges, and tells how much of all that was ever asked for so has come. */
  async prefetch(ranges: readonly ByteRange[]): Promise<void> {
    const blocks = blocksOf(ranges);
    for (const block of blocks) {
      this.#wanted.add(block);
      if (this.#kept.has(block)) this.#come.add(block);
    }
    this.#tell(0);
    await this.#keep(blocks);
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    const blocks = blocksOf([{ start, end }]);
    await this.#keep(blocks);
    const bytes = new Uint8Array(end - start);
    const lacking = await Promise.all(
      blocks.map(async (block) => {
        const found = this.#kept.has(block) && (await this.#cache?.match(this.#blockUrl(block)));
        if (!found) return true;
        const begin = block * BLOCK;
        const content = new Uint8Array(await found.arrayBuffer());
        bytes.set(content.subarray(Math.max(0, start - begin), end - begin), Math.max(0, begin - start));
        return false;
      }),
    );
    return lacking.includes(true) ? this.#read(start, end) : bytes;
  }

  /** Fetches blocks that are not kept, as long as there is room for them. */
  async #keep(blocks: readonly number[]): Promise<void> {
    for (const run of runsOf(blocks.filter((block) => !this.#kept.has(block)))) {
      let next = run.first;
      for (let breaks = 0; next < run.end && !this.#isFull; ) {
        try {
          for await (const block of this.#blocks(next, run.end)) {
            await this.#put(next, block);
            if (this.#isFull) break;
            this.#count(next++);
            breaks = 0;
          }
        } catch (error) {
          if (!(error instanceof BrokenOff) || ++breaks === MOST_BREAKS) throw error;
        }
      }
    }
  }

  async *#blocks(first: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const [start, stop] = [first * BLOCK, Math.min(this.byteLength, end * BLOCK)];
    let block = new Uint8Array(Math.min(BLOCK, stop - start));
    let [at, filled] = [start, 0];
    for await (const piece of this.#pieces(start, stop)) {
      for (let taken = 0; taken < piece.length; ) {
        const part = piece.subarray(taken, taken + block.length - filled);
        block.set(part, filled);
        taken += part.length;
        filled += part.length;
        this.#tell(filled);
        if (filled < block.length) continue;
        yield block;
        at += filled;
        block = new Uint8Array(Math.min(BLOCK, stop - at));
        filled = 0;
      }
    }
  }

  /** The bytes of a range as they come, all of them. */
  async *#pieces(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const response = await guarded(this.#url, () => ranged(this.#url, start, end));
    const found = versionOf(response);
    if (!response.ok || !response.body) throw refused(this.#url, response.status);
    if (!found || !isSame(found, this.#version)) {
      await response.body.cancel();
      throw new CodecError("io", `Cannot go on with "${this.#url}": the server has another version of it now; open the model again`);
    }
    const reader = response.body.getReader();
    let left = end - start;
    try {
      for (;;) {
        const { value } = await guarded(this.#url, () => reader.read());
        if (!value) break;
        left -= value.length;
        if (left < 0) break;
        yield value;
      }
    } catch (error) {
      throw new BrokenOff("io", messageOf(error), { cause: error });
    } finally {
      await reader.cancel().catch(() => undefined);
    }
    if (left !== 0)
      throw new BrokenOff("io", refused(this.#url, response.status, `${end - start - left} of ${end - start} bytes came`).message);
  }

  /** A range that could not be kept. */
  async #read(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    let at = 0;
    for await (const piece of this.#pieces(start, end)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    for (const block of blocksOf([{ start, end }])) this.#count(block);
    return bytes;
  }

  async #put(block: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#cache?.put(this.#blockUrl(block), new Response(bytes));
      this.#kept.add(block);
    } catch {
      this.#isFull = true;
    }
  }

  #blockUrl(block: number): string {
    return `${versionUrl(this.#url, this.#version)}&block=${block}`;
  }

  #count(block: number): void {
    if (this.#wanted.has(block)) this.#come.add(block);
    this.#tell(0);
  }

  /** @param more bytes of the block that is coming */
  #tell(more: number): void {
    if (this.#wanted.size === 0) return;
    const bytesOf = (blocks: ReadonlySet<number>): number =>
      blocks.size * BLOCK - (blocks.has(Math.floor(this.byteLength / BLOCK)) ? BLOCK - (this.byteLength % BLOCK) : 0);
    const totalBytes = bytesOf(this.#wanted);
    this.#onProgress?.({ loadedBytes: Math.min(totalBytes, bytesOf(this.#come) + more), totalBytes });
  }
}

function ranged(url: string, start: number, end: number): Promise<Response> {
  return fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` }, cache: "no-store" });
}

/** The version that an answer to a request for a range is of; undefined for another answer. */
function versionOf({ status, headers }: Response): Version | undefined {
  const byteLength = Number(/\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1]);
  if (status !== 206 || !Number.isSafeInteger(byteLength)) return undefined;
  return { name: headers.get("etag") ?? headers.get("last-modified") ?? "", byteLength };
}

function isSame(a: Version, b: Version): boolean {
  return a.name === b.name && a.byteLength === b.byteLength;
}

function versionUrl(url: string, version?: Version): string {
  const name = version ? encodeURIComponent(`${version.name} ${version.byteLength}`) : "";
  return `${url}${url.includes("?") ? "&" : "?"}${QUERY}=${name}`;
}

async function keptBlocks(url: string, version: Version, cache: Cache | undefined): Promise<Set<number>> {
  const prefix = `${versionUrl(url, version)}&block=`;
  const found = (await cache?.keys(url, { ignoreSearch: true })) ?? [];
  return new Set(found.filter((request) => request.url.startsWith(prefix)).map((request) => Number(request.url.slice(prefix.length))));
}

/** Deletes all blocks of a file. */
async function forget(url: string, cache: Cache | undefined): Promise<void> {
  const found = (await cache?.keys(url, { ignoreSearch: true })) ?? [];
  await Promise.all(found.filter((request) => request.url.startsWith(versionUrl(url))).map((request) => cache?.delete(request)));
}

/** The blocks that hold some ranges, in order, each once. */
function blocksOf(ranges: readonly ByteRange[]): number[] {
  const blocks = new Set<number>();
  for (const { start, end } of ranges) for (let block = Math.floor(start / BLOCK); block * BLOCK < end; block++) blocks.add(block);
  return [...blocks].sort((a, b) => a - b);
}

function runsOf(blocks: readonly number[]): BlockRun[] {
  const runs: BlockRun[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last?.end === block) last.end++;
    else runs.push({ first: block, end: block + 1 });
  }
  return runs;
}
