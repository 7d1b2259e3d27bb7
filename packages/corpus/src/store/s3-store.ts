import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodecError } from "@twelvehz/codec/node";
import { askS3, parseS3, statusOf } from "./s3-client.ts";
import { objectsBelow, readS3, readS3Range, sizeS3 } from "./s3-files.ts";
import type { Store } from "./store.ts";

/** A corpus below a prefix of a bucket, at AWS or any service that speaks S3. */
export class S3Store implements Store {
  readonly address: string;
  readonly #bucket: string;
  readonly #prefix: string;

  /** @param address `s3://bucket/prefix` */
  constructor(address: string) {
    this.address = address.replace(/\/+$/, "");
    const { bucket, key } = parseS3(this.address);
    if (key === "")
      throw new CodecError("usage", `Cannot keep a corpus in ${JSON.stringify(address)}: give a prefix, such as s3://${bucket}/corpus`);
    this.#bucket = bucket;
    this.#prefix = key;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      return await readS3(this.#at(key));
    } catch (error) {
      if (error instanceof CodecError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  async readRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return readS3Range(this.#at(key), start, length);
  }

  async size(key: string): Promise<number | undefined> {
    return sizeS3(this.#at(key));
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    return askS3("write", this.#at(key), async (sdk, client) => {
      try {
        await client.send(new sdk.PutObjectCommand({ ...this.#object(key), Body: bytes, IfNoneMatch: "*" }));
        return true;
      } catch (error) {
        if (statusOf(error) === 412 || statusOf(error) === 409) return false; // there is one, or there will be
        throw error;
      }
    });
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    await askS3("write", this.#at(key), (sdk, client) => client.send(new sdk.PutObjectCommand({ ...this.#object(key), Body: bytes })));
  }

  async publish(path: string, key: string): Promise<void> {
    const { size } = await stat(path);
    await askS3("write", this.#at(key), (sdk, client) =>
      client.send(new sdk.PutObjectCommand({ ...this.#object(key), Body: createReadStream(path), ContentLength: size })),
    );
    await rm(path, { force: true });
  }

  scratch(): Promise<string> {
    return mkdtemp(join(tmpdir(), "twelvehz-corpus-"));
  }

  async removeScratch(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  async list(folder: string): Promise<string[]> {
    const prefix = `${this.#prefix}/${folder}`;
    const names = new Set<string>();
    for await (const { Key = "" } of objectsBelow(this.address, this.#bucket, prefix))
      names.add(Key.slice(prefix.length).split("/")[0] ?? "");
    return [...names].filter((name) => name !== "").sort();
  }

  async remove(key: string): Promise<void> {
    if (!key.endsWith("/")) return this.#removeAll([`${this.#prefix}/${key}`]);
    let keys: string[] = [];
    for await (const { Key } of objectsBelow(this.address, this.#bucket, `${this.#prefix}/${key}`)) {
      if (Key !== undefined) keys.push(Key);
      if (keys.length < 1000) continue;
      await this.#removeAll(keys);
      keys = [];
    }
    await this.#removeAll(keys);
  }

  async #removeAll(keys: readonly string[]): Promise<void> {
    for (const Key of keys)
      await askS3("remove", this.address, (sdk, client) => client.send(new sdk.DeleteObjectCommand({ Bucket: this.#bucket, Key })));
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}/${key}` };
  }

  #at(key: string): string {
    return `${this.address}/${key}`;
  }
}
