/// <reference lib="esnext.disposable" preserve="true" />
import { createHash } from "node:crypto";
import { open, type FileHandle, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CodecError, makeFolder, messageOf } from "@twelvehz/codec/node";

/** What every line begins with. */
const LINE_START = '{"fingerprint":';

/** One line of the file. */
interface Entry<Result> {
  /** {@link fingerprintOf} of everything that the result depends on. */
  readonly fingerprint: string;
  readonly result: Result;
}

/**
 * Results that are done, a line of JSON each, written as they are done: what work that was stopped
 * goes on from. A line that was cut off is passed over. `Result` is anything that JSON keeps.
 */
export class Journal<Result> {
  readonly #done: ReadonlyMap<string, Result>;
  readonly #file: FileHandle | undefined;

  private constructor(done: ReadonlyMap<string, Result>, file: FileHandle | undefined) {
    this.#done = done;
    this.#file = file;
  }

  /**
   * Opens a journal for going on with, or makes it.
   * @param path file; undefined = nothing is kept
   * @param fresh forgets what is there
   * @throws CodecError `io` when the file cannot be read or written, `bad-format` when it is
   * something else
   */
  static async open<Result>(path: string | undefined, fresh = false): Promise<Journal<Result>> {
    if (path === undefined) return new Journal<Result>(new Map(), undefined);
    try {
      await makeFolder(dirname(path));
      const text = await readFile(path, "utf8").catch(ifMissing);
      const done = parseJournal<Result>(text, path);
      const file = await open(path, fresh ? "w" : "a");
      if (!fresh && text !== "" && !text.endsWith("\n")) await file.write("\n");
      return new Journal<Result>(fresh ? new Map() : done, file);
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError("io", `Cannot keep a journal in "${path}": ${messageOf(error)}; choose another place`, { cause: error });
    }
  }

  /** The result of this fingerprint, if it is done. */
  find(fingerprint: string): Result | undefined {
    return this.#done.get(fingerprint);
  }

  /** Keeps a result that is done. */
  async add(fingerprint: string, result: Result): Promise<void> {
    await this.#file?.write(`${JSON.stringify({ fingerprint, result } satisfies Entry<Result>)}\n`);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** {@link Journal.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * One name for everything that a result depends on; two that differ in anything have different
 * names.
 */
export function fingerprintOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

function ifMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") throw error;
  return "";
}

function parseJournal<Result>(text: string, path: string): Map<string, Result> {
  if (text !== "" && !text.startsWith(LINE_START))
    throw new CodecError("bad-format", `Cannot go on from "${path}": it is not a journal of such work; choose another name`);
  const entries = text.split("\n").flatMap((line) => parseEntry<Result>(line) ?? []);
  return new Map(entries.map(({ fingerprint, result }) => [fingerprint, result]));
}

function parseEntry<Result>(line: string): Entry<Result> | undefined {
  try {
    const entry = JSON.parse(line) as Partial<Entry<Result>> | null;
    return typeof entry?.fingerprint === "string" && entry.result !== undefined ? (entry as Entry<Result>) : undefined;
  } catch {
    return undefined; // cut off when the process ended
  }
}
