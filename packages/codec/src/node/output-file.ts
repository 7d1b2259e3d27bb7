/// <reference lib="esnext.disposable" preserve="true" />
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CodecError } from "../errors.ts";
import { assertBytes, assertKind, assertNumber, assertOptions } from "../misuse.ts";
import { fileError } from "./file-errors.ts";
import { assertLocalPath } from "./folders.ts";
import { isStandardStream } from "./standard-streams.ts";

/** How an output is made. */
export interface OutputFileOptions {
  /** Replace a file of that name. Default true. */
  readonly overwrite?: boolean | undefined;
}

/** Temporary files that are being written. */
const openTemporaries: Set<string> = new Set();
/** Whether the end of the process removes them. */
let watchesExit = false;

/**
 * Removes the temporary files of all outputs that are neither committed nor discarded. It runs by
 * itself when the process exits; a signal ends a process without that, so a program that handles
 * signals calls it. Synchronous.
 */
export function discardOpenOutputs(): void {
  for (const path of openTemporaries) rmSync(path, { force: true });
  openTemporaries.clear();
}

/** What an {@link OutputFile} writes to. */
interface Target {
  write(bytes: Uint8Array, position: number): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
  readonly seekable: boolean;
}

/**
 * A file that appears under its name only when it is complete: bytes go to
 * `.NAME.partial-PID-RANDOM` beside it, and {@link OutputFile.commit} renames. `-` is the standard
 * output; devices and pipes are written in place.
 */
export class OutputFile {
  /** The path as it was given. */
  readonly path: string;
  readonly #target: Target;
  #position = 0;

  private constructor(path: string, target: Target) {
    this.path = path;
    this.#target = target;
  }

  /**
   * Opens an output.
   * @param path file, or `-` for the standard output
   * @throws CodecError `usage` (an address such as `s3://`), `not-found` (no such folder), `no-permission`, `io` (a folder, or a file
   * that must not be replaced)
   */
  static async create(path: string, options: OutputFileOptions = {}): Promise<OutputFile> {
    assertKind(path, "path", "string");
    assertOptions(options, { overwrite: "boolean" });
    if (isStandardStream(path, 1)) return new OutputFile(path, new StandardOutput());
    assertLocalPath("write", path);
    try {
      return new OutputFile(path, await openTarget(path, options.overwrite ?? true));
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  /** Whether {@link OutputFile.writeAt} works: not for the standard output, devices and pipes. */
  get seekable(): boolean {
    return this.#target.seekable;
  }

  /** Bytes written one after the other so far. */
  get position(): number {
    return this.#position;
  }

  /**
   * Appends bytes; they may be reused afterwards. A reader that has closed the standard output is
   * no error: what follows is dropped.
   * @throws CodecError `io` or `no-permission`
   */
  async write(bytes: Uint8Array): Promise<void> {
    assertBytes(bytes, "bytes");
    await this.#run(() => this.#target.write(bytes, this.#position));
    this.#position += bytes.length;
  }

  /**
   * Writes over bytes that are there already.
   * @throws CodecError `io`, also where the output is not seekable
   */
  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    assertBytes(bytes, "bytes");
    assertNumber(position, "position", 0, Number.MAX_SAFE_INTEGER);
    if (!this.seekable)
      throw new CodecError("io", `Cannot write ${JSON.stringify(this.path)} at byte ${position}: it takes bytes in order only`);
    await this.#run(() => this.#target.write(bytes, position));
  }

  /**
   * Finishes the file and gives it its name.
   * @throws CodecError `io` or `no-permission`; the temporary file is gone then
   */
  async commit(): Promise<void> {
    await this.#run(() => this.#target.commit());
  }

  /** Removes what was written. Harmless after {@link OutputFile.commit}, and when repeated. */
  async discard(): Promise<void> {
    await this.#run(() => this.#target.discard());
  }

  /** {@link OutputFile.discard}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.discard();
  }

  async #run(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw fileError("write", this.path, error);
    }
  }
}

async function openTarget(path: string, overwrite: boolean): Promise<Target> {
  const existing = await stat(path).catch(ifMissing);
  if (existing?.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  if (existing && !existing.isFile()) return new InPlaceFile(await open(path, "w"));
  if (existing && !overwrite) throw Object.assign(new Error("exists"), { code: "EEXIST" });
  if (existing) await (await open(path, "r+")).close(); // a file that may not be written may not be replaced either
  const final = existing ? await realpath(path) : await linkedPath(path);
  const temporary = join(dirname(final), `.${firstBytes(basename(final), 200)}.partial-${process.pid}-${randomBytes(4).toString("hex")}`);
  const handle = await open(temporary, "wx", existing ? existing.mode & 0o777 : 0o666);
  openTemporaries.add(temporary);
  if (!watchesExit) process.once("exit", discardOpenOutputs);
  watchesExit = true;
  return new RenamedFile(handle, temporary, final);
}

/**
 * As much of a name as fits: file systems count bytes, up to 255, and a character may take four.
 */
function firstBytes(name: string, bytes: number): string {
  return Buffer.from(name)
    .subarray(0, bytes)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}

/**
 * Where a file will be that is not there: a link is followed, as any program that writes through it
 * does.
 */
async function linkedPath(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? path : linkedPath(resolve(dirname(path), target));
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position === null ? null : position + done);
    done += bytesWritten;
  }
}

/** A regular file: temporary name first. */
class RenamedFile implements Target {
  readonly seekable = true;
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #final: string;
  #done = false;

  constructor(handle: FileHandle, temporary: string, final: string) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#final = final;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await writeAll(this.#handle, bytes, position);
  }

  async commit(): Promise<void> {
    if (this.#done) return;
    try {
      await this.#handle.close();
      await rename(this.#temporary, this.#final);
      openTemporaries.delete(this.#temporary);
      this.#done = true;
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  async discard(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
    openTemporaries.delete(this.#temporary);
  }
}

/** A device or a named pipe. */
class InPlaceFile implements Target {
  readonly seekable = false;
  readonly #handle: FileHandle;
  #open = true;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#handle, bytes, null);
  }

  async commit(): Promise<void> {
    if (this.#open) await this.#handle.close();
    this.#open = false;
  }

  discard(): Promise<void> {
    return this.commit();
  }
}

/** The standard output. Each write waits until the reader has taken the bytes. */
class StandardOutput implements Target {
  readonly seekable = false;
  #broken = false;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#broken || bytes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        process.stdout.off("error", settle);
        if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") return reject(error);
        if (error) this.#broken = true;
        if (error) process.stdout.on("error", ignore);
        resolve();
      };
      process.stdout.on("error", settle);
      process.stdout.write(bytes, settle);
    });
  }

  async commit(): Promise<void> {}

  async discard(): Promise<void> {}
}

/** A closed pipe may be reported again after the write that found it. */
function ignore(): void {}
