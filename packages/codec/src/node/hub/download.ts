import type { Hash } from "node:crypto";
import { type FileHandle, open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { CodecError } from "../../errors.ts";
import { fileError } from "../file-errors.ts";
import { makeFolder } from "../folders.ts";
import { algorithmName, startHash } from "./digest.ts";
import type { RemoteFile } from "./hub.ts";
import type { HubAnswer, HubClient } from "./hub-client.ts";
import { Interrupted } from "./retries.ts";

/** Bytes after which an interrupted attempt counts as progress. */
const PROGRESS_BYTES = 1 << 20;
/** Downloads from the first byte that may have the wrong content before the file is given up. */
const MAX_WRONG = 2;
/** Bytes that are read at once from what an earlier download left. */
const CHUNK_BYTES = 1 << 20;

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Where unfinished bytes are kept; a later download continues there. */
  readonly partial: string;
  /** Where the file appears when it is whole and its digest is right. */
  readonly final: string;
  /** Told how many bytes of the file are there. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Downloads a file: continues what is there, checks length and digest, and gives it its name when
 * both are right.
 * @throws CodecError `not-found`, `no-permission`, `io` (network, disk), `bad-format` (wrong
 * content), `aborted`
 */
export async function downloadFile(client: HubClient, file: RemoteFile, options: DownloadOptions): Promise<void> {
  await makeFolder(dirname(options.partial));
  const partial = await PartialFile.open(options.partial, file);
  try {
    options.onBytes?.(partial.position);
    await assertSpace(file, partial.position, options.partial);
    let wrong = 0;
    await client.retrying(`download "${file.path}"`, async () => {
      const resumed = partial.position > 0;
      await fetchRest(client, file, partial, options);
      const found = partial.hex();
      if (found === file.digest.hex) return;
      await partial.reset();
      if (!resumed) wrong++;
      const words = `its ${algorithmName(file.digest.algorithm)} is ${found}, the hub's list says ${file.digest.hex}`;
      if (wrong >= MAX_WRONG)
        throw new CodecError("bad-format", `Cannot download "${file.path}": ${words}; try again later, or another mirror with --endpoint`);
      throw new Interrupted(words);
    });
    await partial.commit(options.final);
  } finally {
    await partial.close();
  }
}

/** One attempt to bring the file from where it is to its end. */
async function fetchRest(client: HubClient, file: RemoteFile, partial: PartialFile, options: DownloadOptions): Promise<void> {
  if (partial.position === file.bytes) return;
  const began = partial.position;
  const range: Record<string, string> = began > 0 ? { range: `bytes=${began}-` } : {};
  const answer = await client.get(`download "${file.path}"`, file.url, range);
  try {
    await takePosition(answer, file, partial);
    for await (const chunk of answer.body) {
      if (partial.position + chunk.length > file.bytes) {
        await partial.reset();
        throw wrongLength(file, `more than ${file.bytes}`);
      }
      await partial.append(chunk);
      options.onBytes?.(partial.position);
      if (partial.position === file.bytes) return;
    }
    throw new Interrupted(`the connection ended after ${partial.position} of ${file.bytes} bytes`);
  } catch (error) {
    if (error instanceof Interrupted) error.progressed = partial.position - began >= PROGRESS_BYTES;
    throw error;
  } finally {
    answer.close();
  }
}

/**
 * Makes the position in the file the one from which the answer goes on, and checks the lengths that
 * it announces.
 */
async function takePosition({ status, headers }: HubAnswer, file: RemoteFile, partial: PartialFile): Promise<void> {
  if (status === 206) {
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (Number(match?.[1]) !== partial.position) {
      await partial.reset();
      throw new Interrupted("the server continues at another byte than was asked for");
    }
    if (match![2] !== "*" && Number(match![2]) !== file.bytes) throw wrongLength(file, match![2]);
  } else if (partial.position > 0) {
    await partial.reset(); // the server sends the whole file, or refuses to continue
    if (status === 416) throw new Interrupted("the server refuses to continue the file");
  }
  const announced = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  const wanted = file.bytes - partial.position;
  if (announced !== null && Number(announced) !== wanted) throw wrongLength(file, String(Number(announced) + partial.position));
}

function wrongLength(file: RemoteFile, found: string): Interrupted {
  return new Interrupted(`the server announces or sends ${found} bytes, the hub's list says ${file.bytes}`, {
    remedy: "try again later, or another mirror with --endpoint",
  });
}

async function assertSpace(file: RemoteFile, present: number, path: string): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => undefined);
  if (!disk || disk.blocks === 0) return; // some network file systems do not say
  const free = disk.bavail * disk.bsize;
  const needed = file.bytes - present;
  if (needed <= free) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new CodecError(
    "io",
    `Cannot download "${file.path}": it needs ${megabytes(needed)}, and the disk of ${JSON.stringify(dirname(path))} has ${megabytes(free)} free; make room, or set HF_HOME to another disk`,
  );
}

/** An unfinished file, with the hash of what is in it. */
class PartialFile {
  /** Bytes that are there, all of them hashed. */
  position = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #file: RemoteFile;
  #hash: Hash;
  #open = true;

  private constructor(path: string, handle: FileHandle, file: RemoteFile) {
    this.#path = path;
    this.#handle = handle;
    this.#file = file;
    this.#hash = startHash(file.digest.algorithm, file.bytes);
  }

  static async open(path: string, file: RemoteFile): Promise<PartialFile> {
    try {
      const handle = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        return open(path, "w+");
      });
      const partial = new PartialFile(path, handle, file);
      await partial.#takeWhatIsThere();
      return partial;
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  async #takeWhatIsThere(): Promise<void> {
    if ((await this.#handle.stat()).size > this.#file.bytes) return this.#handle.truncate(0);
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.position);
      if (bytesRead === 0) return;
      this.#hash.update(chunk.subarray(0, bytesRead));
      this.position += bytesRead;
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.position);
        this.#hash.update(bytes.subarray(done, done + bytesWritten));
        done += bytesWritten;
        this.position += bytesWritten;
      }
    } catch (error) {
      const { code, message } = fileError("write", this.#path, error);
      throw new CodecError(code, `${message}; make room or set HF_HOME to another disk, and pull again: what has come so far is kept`, {
        cause: error,
      });
    }
  }

  async reset(): Promise<void> {
    await this.#handle.truncate(0);
    this.position = 0;
    this.#hash = startHash(this.#file.digest.algorithm, this.#file.bytes);
  }

  hex(): string {
    return this.#hash.copy().digest("hex");
  }

  async commit(final: string): Promise<void> {
    try {
      await this.#handle.sync();
      await this.close();
      await rename(this.#path, final);
    } catch (error) {
      throw fileError("write", final, error);
    }
  }

  /** An empty file is not worth keeping. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
    if (this.position === 0 && this.#file.bytes > 0) await rm(this.#path, { force: true });
  }
}
