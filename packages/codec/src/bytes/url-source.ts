import type { ByteSource } from "./byte-source.ts";
import { assertKind } from "../misuse.ts";
import { CodecError, messageOf } from "../errors.ts";

/** What is used of the platform's `fetch`. */
export type RangeFetch = (url: string, init: { readonly headers: Record<string, string> }) => Promise<Response>;

/**
 * A file on a web server, read by byte ranges (RFC 9110 section 14).
 * @throws CodecError `not-found` or `io` when the server refuses, does not know ranges or does not
 * tell the length
 */
export async function urlSource(url: string, fetchBytes: RangeFetch = fetch): Promise<ByteSource> {
  assertKind(url, "url", "string");
  assertKind(fetchBytes, "fetchBytes", "function");
  const request = async (start: number, end: number): Promise<{ bytes: Uint8Array; total: number }> => {
    const response = await guarded(url, () => fetchBytes(url, { headers: { Range: `bytes=${start}-${end - 1}` } }));
    if (response.status === 404) throw new CodecError("not-found", `Cannot read "${url}": the server does not have it; check the address`);
    const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
    if (response.status !== 206 || !Number.isSafeInteger(total)) {
      await response.body?.cancel();
      throw new CodecError(
        "io",
        `Cannot read "${url}" by byte ranges: the server answered ${response.status}, 206 with the length is wanted; serve the file with range requests`,
      );
    }
    return { bytes: new Uint8Array(await guarded(url, () => response.arrayBuffer())), total };
  };
  const { total } = await request(0, 1);
  return { byteLength: total, slice: async (start, end) => (start === end ? new Uint8Array(0) : (await request(start, end)).bytes) };
}

async function guarded<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CodecError("io", `Cannot read "${url}": ${messageOf(error)}; check the connection and try again`, { cause: error });
  }
}
