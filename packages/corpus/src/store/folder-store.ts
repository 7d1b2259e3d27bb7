import { randomBytes } from "node:crypto";
import { appendFile, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CodecError, fileError, makeFolder, removeEmptyFolders } from "@twelvehz/codec/node";
import type { Store } from "./store.ts";

/** A corpus in a folder. */
export class FolderStore implements Store {
  readonly address: string;
  readonly #made = new Set<string>();
  readonly #forScratch: string[] = [];

  /** @param folder made when something is first written */
  constructor(folder: string) {
    this.address = folder;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.#attempt("read", key, async (path) => readFile(path).catch(ifMissing));
  }

  async readRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return readFileRange(join(this.address, key), start, length);
  }

  async size(key: string): Promise<number | undefined> {
    return this.#attempt("read", key, async (path) => (await stat(path).catch(ifMissing))?.size);
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    if ((await this.size(key)) !== undefined) return false;
    await this.write(key, bytes); // two who meet here write the same
    return true;
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await this.#attempt("write", key, async (path) => {
      await this.#folder(dirname(path));
      const temporary = `${path}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
      try {
        const handle = await open(temporary, "wx");
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
    });
  }

  async publish(path: string, key: string): Promise<void> {
    await this.#attempt("write", key, async (final) => {
      await this.#folder(dirname(final));
      await rename(path, final);
      await syncFolder(dirname(final));
    });
  }

  async scratch(): Promise<string> {
    const folder = join(this.address, `.twelvehz/scratch-${process.pid}-${randomBytes(4).toString("hex")}`);
    this.#forScratch.push(...(await makeFolder(folder)));
    return folder;
  }

  async removeScratch(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await removeEmptyFolders(this.#forScratch.filter((path) => path !== folder));
    this.#made.clear();
  }

  async list(folder: string): Promise<string[]> {
    const names = await this.#attempt("read", folder, async (path) => readdir(path).catch(ifMissing));
    return (names ?? []).filter((name) => !name.includes(".partial-")).sort();
  }

  async remove(key: string): Promise<void> {
    await this.#attempt("remove", key, async (path) => rm(path, { force: true, recursive: key.endsWith("/") }));
    if (key.endsWith("/")) this.#made.clear();
  }

  readonly append = async (key: string, text: string): Promise<void> => {
    await this.#attempt("write", key, async (path) => {
      await this.#folder(dirname(path));
      await appendFile(path, text);
    });
  };

  async #folder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await makeFolder(path);
    this.#made.add(path);
  }

  async #attempt<T>(action: string, key: string, step: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.address, key);
    try {
      return await step(path);
    } catch (error) {
      throw fileError(action, path, error);
    }
  }
}

/**
 * A part of a local file.
 * @throws CodecError `bad-format` when the file ends before it, and as reading any file
 */
export async function readFileRange(path: string, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  try {
    const handle = await open(path);
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
        if (bytesRead === 0)
          throw new CodecError("bad-format", `Cannot read ${JSON.stringify(path)}: it ends before byte ${start + length}; copy it again`);
        done += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError("read", path, error);
  }
  return bytes;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** So that a name survives a loss of power as well as what it names. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
