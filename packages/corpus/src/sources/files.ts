/** Files of sources, on the disk or in a bucket, by their paths or addresses. */
import { createReadStream } from "node:fs";
import { opendir, readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileError } from "@twelvehz/codec/node";
import { readFileRange } from "../store/folder-store.ts";

/** A file that was found. */
export interface FoundFile {
  /** Path below the folder that was listed, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** Whether an address is one of S3. */
export function isS3(address: string): boolean {
  return address.startsWith("s3://");
}

/** Joins a root and a path below it; an absolute path or an address stands for itself. */
export function joinAddress(root: string, path: string): string {
  if (isS3(path) || isAbsolute(path)) return path;
  return isS3(root) ? `${root.replace(/\/$/, "")}/${path}` : join(root, path);
}

/** The folder that a file is in. */
export function folderOf(address: string): string {
  const at = address.lastIndexOf("/");
  return at < 0 ? "." : at === 0 ? "/" : address.slice(0, at);
}

/** The last part of an address. */
export function nameOf(address: string): string {
  return address.replace(/\/+$/, "").split("/").at(-1) ?? "";
}

function s3(): Promise<typeof import("../store/s3-files.ts")> {
  return import("../store/s3-files.ts");
}

/**
 * What an address is: a folder, a file of so many bytes, or nothing.
 * @throws CodecError as reading any file, but `not-found`
 */
export async function statAddress(address: string): Promise<{ readonly isFolder: boolean; readonly bytes: number } | undefined> {
  if (isS3(address)) return (await s3()).statS3(address);
  try {
    const found = await stat(address);
    return { isFolder: found.isDirectory(), bytes: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError("read", address, error);
  }
}

/** The bytes of a file, piece by piece. */
export async function* streamFile(address: string): AsyncGenerator<Uint8Array> {
  if (isS3(address)) {
    yield* (await s3()).streamS3(address);
    return;
  }
  try {
    for await (const chunk of createReadStream(address, { highWaterMark: 1 << 18 })) yield chunk as Uint8Array;
  } catch (error) {
    throw fileError("read", address, error);
  }
}

/** All bytes of a file. */
export async function readWhole(address: string): Promise<Uint8Array> {
  if (isS3(address)) return (await s3()).readS3(address);
  try {
    return await readFile(address);
  } catch (error) {
    throw fileError("read", address, error);
  }
}

/** A part of a file. */
export async function readRange(address: string, start: number, bytes: number): Promise<Uint8Array> {
  return isS3(address) ? (await s3()).readS3Range(address, start, bytes) : readFileRange(address, start, bytes);
}

/** All files of a folder and of those below it, but for hidden ones, sorted by their paths. */
export async function listFolder(address: string): Promise<FoundFile[]> {
  const files = isS3(address) ? await (await s3()).listS3(address) : await localFiles(address);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function localFiles(folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const walk = async (below: string): Promise<void> => {
    for await (const entry of await opendir(join(folder, below))) {
      if (entry.name.startsWith(".")) continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await statAddress(join(folder, path)))?.isFolder);
      if (isFolder) await walk(path);
      else found.push({ path, bytes: (await statAddress(join(folder, path)))?.bytes ?? 0 });
    }
  };
  try {
    await walk("");
  } catch (error) {
    throw fileError("read", folder, error);
  }
  return found;
}
