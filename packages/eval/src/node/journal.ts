import { createHash } from "node:crypto";
import { mkdir, open, type FileHandle, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import type { Trial } from "../evaluation/results.ts";

/** What every line begins with. */
const LINE_START = '{"fingerprint":';

/** One line of the file. */
interface Entry {
  /** {@link fingerprintOf} of everything that the trial depends on. */
  readonly fingerprint: string;
  readonly trial: Trial;
}

/**
 * Trials that are done, a line of JSON each, written as they are done: what an evaluation that was stopped goes on from. A line that was cut off
 * is passed over.
 */
export class Journal {
  readonly #done: ReadonlyMap<string, Trial>;
  readonly #file: FileHandle | undefined;

  private constructor(done: ReadonlyMap<string, Trial>, file: FileHandle | undefined) {
    this.#done = done;
    this.#file = file;
  }

  /**
   * Opens a journal for going on with, or makes it.
   * @param path file; undefined = nothing is kept
   * @param fresh forgets what is there
   * @throws CodecError `io` when the file cannot be read or written, `bad-format` when it is something else
   */
  static async open(path: string | undefined, fresh = false): Promise<Journal> {
    if (path === undefined) return new Journal(new Map(), undefined);
    try {
      await mkdir(dirname(path), { recursive: true });
      const text = await readFile(path, "utf8").catch(ifMissing);
      const done = parseJournal(text, path);
      const file = await open(path, fresh ? "w" : "a");
      if (!fresh && text !== "" && !text.endsWith("\n")) await file.write("\n");
      return new Journal(fresh ? new Map() : done, file);
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError("io", `Cannot keep a journal in "${path}": ${messageOf(error)}; choose another place`, { cause: error });
    }
  }

  /** The trial of this fingerprint, if it is done. */
  find(fingerprint: string): Trial | undefined {
    return this.#done.get(fingerprint);
  }

  /** Keeps a trial that is done. */
  async add(fingerprint: string, trial: Trial): Promise<void> {
    await this.#file?.write(`${JSON.stringify({ fingerprint, trial } satisfies Entry)}\n`);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** One name for everything that a trial depends on; two that differ in anything have different names. */
export function fingerprintOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

function ifMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") throw error;
  return "";
}

function parseJournal(text: string, path: string): Map<string, Trial> {
  if (text !== "" && !text.startsWith(LINE_START))
    throw new CodecError("bad-format", `Cannot go on from "${path}": it is not a journal of an evaluation; choose another name`);
  const entries = text.split("\n").flatMap((line) => parseEntry(line) ?? []);
  return new Map(entries.map(({ fingerprint, trial }) => [fingerprint, trial]));
}

function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<Entry> | null;
    return typeof entry?.fingerprint === "string" && typeof entry.trial === "object" ? (entry as Entry) : undefined;
  } catch {
    return undefined; // cut off when the process ended
  }
}
