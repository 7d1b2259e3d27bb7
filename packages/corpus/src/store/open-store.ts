import { resolve } from "node:path";
import { isS3 } from "../sources/files.ts";
import { FolderStore } from "./folder-store.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store of a corpus; nothing is read or written yet.
 * @param address a folder, or `s3://bucket/prefix`
 */
export async function openStore(address: string): Promise<Store> {
  if (!isS3(address)) return new FolderStore(resolve(address));
  const { S3Store } = await import("./s3-store.ts");
  return new S3Store(address);
}
