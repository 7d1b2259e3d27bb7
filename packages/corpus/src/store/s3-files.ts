/** Objects of S3 by their addresses. */
import { CodecError } from "@twelvehz/codec/node";
import type { FoundFile } from "../sources/files.ts";
import { askS3, parseS3, statusOf } from "./s3-client.ts";

/** Bytes that are asked for at once where an object is streamed. */
const PIECE = 8 * 1024 * 1024;

/** What an address is: an object, a prefix with objects below it, or nothing. */
export async function statS3(address: string): Promise<{ readonly isFolder: boolean; readonly bytes: number } | undefined> {
  const bytes = await sizeS3(address);
  if (bytes !== undefined) return { isFolder: false, bytes };
  const { bucket, key } = parseS3(address);
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  const { KeyCount } = await askS3("list", address, (sdk, client) =>
    client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 })),
  );
  return (KeyCount ?? 0) > 0 ? { isFolder: true, bytes: 0 } : undefined;
}

/** Bytes of an object; undefined where there is none. */
export async function sizeS3(address: string): Promise<number | undefined> {
  const { bucket, key } = parseS3(address);
  if (key === "" || key.endsWith("/")) return undefined;
  return askS3("read", address, async (sdk, client) => {
    try {
      return (await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/** All bytes of an object. A body that is cut short is asked for again. */
export async function readS3(address: string): Promise<Uint8Array> {
  return (await getS3(address, undefined)).bytes;
}

/** A part of an object. */
export async function readS3Range(address: string, start: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const { bytes } = await getS3(address, `bytes=${start}-${start + length - 1}`);
  if (bytes.length === length) return bytes;
  throw new CodecError("bad-format", `Cannot read ${JSON.stringify(address)}: it ends before byte ${start + length}; copy it again`);
}

async function getS3(address: string, range: string | undefined): Promise<{ readonly bytes: Uint8Array }> {
  const { bucket, key } = parseS3(address);
  return askS3("read", address, async (sdk, client) => {
    const { Body, ContentLength } = await client.send(
      new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...(range === undefined ? {} : { Range: range }) }),
    );
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
    if (ContentLength !== undefined && bytes.length !== ContentLength)
      throw new Error(`the answer has ${bytes.length} of ${ContentLength} bytes`);
    return { bytes };
  });
}

/** The bytes of an object, piece by piece. */
export async function* streamS3(address: string): AsyncGenerator<Uint8Array> {
  const bytes = await sizeS3(address);
  if (bytes === undefined) throw new CodecError("not-found", `Cannot read ${JSON.stringify(address)}: there is no such object`);
  for (let at = 0; at < bytes; at += PIECE) yield await readS3Range(address, at, Math.min(PIECE, bytes - at));
}

/** All objects below a prefix, but for hidden ones; paths are from the prefix on. */
export async function listS3(address: string): Promise<FoundFile[]> {
  const { bucket, key } = parseS3(address);
  const prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
  const found: FoundFile[] = [];
  for await (const { Key = "", Size = 0 } of objectsBelow(address, bucket, prefix)) {
    const path = Key.slice(prefix.length);
    if (path === "" || path.endsWith("/") || path.split("/").some((part) => part.startsWith("."))) continue;
    found.push({ path, bytes: Size });
  }
  return found;
}

/** Objects below a prefix, page by page. */
export async function* objectsBelow(
  address: string,
  bucket: string,
  prefix: string,
): AsyncGenerator<{ readonly Key?: string | undefined; readonly Size?: number | undefined }> {
  let token: string | undefined;
  do {
    const page = await askS3("list", address, (sdk, client) =>
      client.send(
        new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      ),
    );
    yield* page.Contents ?? [];
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
