import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type * as Arrow from "apache-arrow";
import { fileError } from "@twelvehz/codec/node";
import { BATCH_ROWS, batchOf, corpusSchema } from "./arrow-batch.ts";
import { type CorpusRow, rowBytes } from "./corpus-row.ts";

/** What `twelvehz.json` says of a shard. */
export interface ShardInfo {
  readonly file: string;
  readonly clips: number;
  readonly frames: number;
  readonly bytes: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Ends an Arrow stream: a continuation, and a message of no length. */
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/** Writes one shard, batch by batch; no more than a batch is in memory. */
export class ShardFile {
  readonly #path: string;
  readonly #arrow: typeof Arrow;
  readonly #schema: Arrow.Schema;
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  #rows: CorpusRow[] = [];
  #clips = 0;
  #frames = 0;
  #bytes = 0;
  #weight = 0;

  private constructor(path: string, arrow: typeof Arrow, layers: number, handle: FileHandle) {
    this.#path = path;
    this.#arrow = arrow;
    this.#schema = corpusSchema(arrow, layers);
    this.#handle = handle;
  }

  /**
   * @param path a new file
   * @throws CodecError as writing any file
   */
  static async create(path: string, layers: number): Promise<ShardFile> {
    try {
      return new ShardFile(path, await import("apache-arrow"), layers, await open(path, "wx"));
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  /** Bytes of the rows so far, but for the framing: what shards are cut by. */
  get weight(): number {
    return this.#weight;
  }

  /** Adds a row. */
  async add(row: CorpusRow): Promise<void> {
    this.#rows.push(row);
    this.#clips++;
    this.#frames += row.frames;
    this.#weight += rowBytes(row);
    if (this.#rows.length === BATCH_ROWS) await this.#flush();
  }

  /**
   * Writes what is left, and waits until the disk has all of it.
   * @param file name that the shard will have
   */
  async close(file: string): Promise<ShardInfo> {
    await this.#flush();
    if (this.#bytes === 0) await this.#write(this.#stream().subarray(0, -END_OF_STREAM.length));
    await this.#write(END_OF_STREAM);
    await this.#run(async () => {
      await this.#handle.sync();
      await this.#handle.close();
    });
    return { file, clips: this.#clips, frames: this.#frames, bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  /** Gives the file up. Harmless after {@link ShardFile.close}. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const stream = this.#stream(batchOf(this.#arrow, this.#schema, this.#rows));
    const schemaBytes = 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
    this.#rows = [];
    await this.#write(stream.subarray(this.#bytes === 0 ? 0 : schemaBytes, -END_OF_STREAM.length));
  }

  /** A whole Arrow stream of at most one batch. */
  #stream(batch?: Arrow.RecordBatch): Uint8Array {
    const writer = new this.#arrow.RecordBatchStreamWriter();
    writer.reset(undefined, this.#schema);
    if (batch) writer.write(batch);
    writer.finish();
    return writer.toUint8Array(true);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#run(async () => {
      for (let done = 0; done < bytes.length; ) done += (await this.#handle.write(bytes, done)).bytesWritten;
    });
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  async #run<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw fileError("write", this.#path, error);
    }
  }
}
