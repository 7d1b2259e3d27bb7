import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import { fileError } from "@twelvehz/codec/node";

/** Writes texts and bytes one after the other, no faster than the disk takes them. */
export class StreamedFile {
  readonly #path: string;
  readonly #file: Writable;
  readonly #out: Writable;
  readonly #end: Promise<unknown>;

  /** @param path written anew; what is written is packed where it ends in `.gz` */
  constructor(path: string) {
    this.#path = path;
    this.#file = createWriteStream(path);
    this.#end = once(this.#file, "close"); // or an error
    this.#end.catch(() => undefined); // told where it is waited for
    this.#out = path.endsWith(".gz") ? createGzip() : this.#file;
    if (this.#out !== this.#file) this.#out.pipe(this.#file);
  }

  /**
   * Adds to the end.
   * @throws CodecError as writing any file
   */
  async write(data: string | Uint8Array): Promise<void> {
    if (!this.#out.write(data)) await this.#unlessItFails(once(this.#out, "drain"));
  }

  /**
   * Waits until all of it is written.
   * @throws CodecError as writing any file
   */
  async close(): Promise<void> {
    this.#out.end();
    await this.#unlessItFails(this.#end);
  }

  /** Gives the file up; what is there of it stays. */
  discard(): void {
    this.#file.destroy();
  }

  async #unlessItFails(event: Promise<unknown>): Promise<void> {
    try {
      await Promise.race([event, this.#end]);
    } catch (error) {
      throw fileError("write", this.#path, error);
    }
  }
}
