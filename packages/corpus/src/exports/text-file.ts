import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";

/** Writes texts and bytes one after the other, no faster than the disk takes them. */
export class StreamedFile {
  readonly #out: Writable;
  readonly #end: Promise<unknown>;
  readonly #failed: Promise<never>;

  /** @param path a new file; what is written is packed where it ends in `.gz` */
  constructor(path: string) {
    const file = createWriteStream(path, { flags: "wx" });
    this.#end = once(file, "close");
    this.#end.catch(() => undefined);
    this.#failed = once(file, "error").then(([error]) => Promise.reject(error as Error));
    this.#failed.catch(() => undefined); // told where it is waited for
    if (!path.endsWith(".gz")) this.#out = file;
    else {
      const gzip = createGzip();
      gzip.pipe(file);
      this.#out = gzip;
    }
  }

  /** Adds to the end. */
  async write(data: string | Uint8Array): Promise<void> {
    if (!this.#out.write(data)) await Promise.race([once(this.#out, "drain"), this.#failed]);
  }

  /** Waits until all of it is written. */
  async close(): Promise<void> {
    this.#out.end();
    await Promise.race([this.#end, this.#failed]);
  }
}
