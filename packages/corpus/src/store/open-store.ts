import { resolve } from "node:path";
import { CodecError } from "@twelvehz/codec/node";
import { isS3 } from "../sources/files.ts";
import { FolderStore } from "./folder-store.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store of a corpus; nothing is read or written yet.
 * @param address a folder, or `s3://bucket/prefix`
 * @throws CodecError `usage` for another kind of address
 */
export async function openStore(address: string): Promise<Store> {
  if (!isS3(address) && /^[a-z][a-z\d+.-]+:\/\//i.test(address))
    throw new CodecError("usage", `Cannot use ${JSON.stringify(address)} for a corpus: a folder, or s3://bucket/prefix, is wanted`);
  if (!isS3(address)) return new FolderStore(resolve(address));
  const { S3Store } = await import("./s3-store.ts");
  return new S3Store(address);
}
