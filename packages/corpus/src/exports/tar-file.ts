import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Pack } from "tar-stream";

/** Writes a tar whose members bear no time, so that the same content has the same bytes. */
export class TarFile {
  readonly #pack: Pack;
  readonly #end: Promise<unknown>;
  readonly #failed: Promise<never>;

  private constructor(pack: Pack, path: string) {
    this.#pack = pack;
    const file = createWriteStream(path, { flags: "wx" });
    this.#end = once(file, "close");
    this.#end.catch(() => undefined);
    this.#failed = once(file, "error").then(([error]) => Promise.reject(error as Error));
    this.#failed.catch(() => undefined); // told where it is waited for
    pack.pipe(file as never);
  }

  /** @param path a new file */
  static async create(path: string): Promise<TarFile> {
    const { pack } = await import("tar-stream");
    return new TarFile(pack(), path);
  }

  /** Adds a member. */
  async add(name: string, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content as Uint8Array);
    const header = { name, size: bytes.length, mtime: new Date(0), mode: 0o644 };
    const added = new Promise<void>((resolve, reject) => {
      this.#pack.entry(header, bytes, (error) => (error ? reject(error) : resolve()));
    });
    await Promise.race([added, this.#failed]);
  }

  /** Waits until all of it is written. */
  async close(): Promise<void> {
    this.#pack.finalize();
    await Promise.race([this.#end, this.#failed]);
  }
}
