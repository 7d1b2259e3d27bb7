import { assertBytes, assertKind } from "../misuse.ts";
import { CodecError } from "../errors.ts";

/**
 * Random access to bytes: a file, a Blob, an HTTP range, memory. The one interface through which
 * large files are read.
 */
export interface ByteSource {
  /** Total length in bytes. */
  readonly byteLength: number;
  /**
   * Bytes `start` to `end - 1`; the caller keeps `0 <= start <= end <= byteLength`. Shorter only
   * when the source shrank meanwhile.
   */
  slice(start: number, end: number): Promise<Uint8Array>;
}

/** A source over bytes in memory. Slices are views, not copies. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  assertBytes(bytes, "bytes");
  return { byteLength: bytes.byteLength, slice: async (start, end) => bytes.subarray(start, end) };
}

/** A source over a Blob or File of a page. */
export function blobSource(blob: Blob): ByteSource {
  assertKind(blob, "blob", "object");
  return { byteLength: blob.size, slice: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()) };
}

/**
 * Bytes `start` to `end - 1`, all of them.
 * @throws CodecError `bad-format` when the source gives fewer, as a file does that was cut while it
 * was read
 */
export async function readExactly(source: ByteSource, start: number, end: number): Promise<Uint8Array> {
  const bytes = end <= source.byteLength ? await source.slice(start, end) : new Uint8Array(0);
  if (bytes.byteLength === end - start) return bytes;
  throw new CodecError(
    "bad-format",
    `Cannot read bytes ${start} to ${end}: the source ends before them (${source.byteLength} bytes); the file is cut short, copy or download it again`,
  );
}
