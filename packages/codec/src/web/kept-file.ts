// Files of a model are large and change seldom. They are kept by the Cache API under their URL,
// with the headers of the server, and used again as long as the server names the same entity tag or
// date, and the same length; a server that cannot be reached changes nothing. Where there is no
// Cache API (a page that is neither on https nor on localhost), or no room, files are fetched each
// time.

import { CodecError, messageOf } from "../errors.ts";
import { countedBody } from "./counted-body.ts";
import type { LoadProgress } from "./engine-start.ts";

/** How a file is fetched. */
export interface KeptFileOptions {
  /** Name of the cache. */
  readonly cacheName: string;
  /** Called after each piece that came, and once for a file that was kept. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/**
 * Headers that tell one version of a file from another, by which a kept one is known to be the
 * same.
 */
const VERSION_HEADERS = ["etag", "last-modified", "content-length"];

/**
 * A file of a web server, from the cache where it is kept and still the same.
 * @param url absolute
 * @throws CodecError `not-found`, or `io` when the server cannot be reached or refuses
 */
export async function keptFile(url: string, { cacheName, onProgress }: KeptFileOptions): Promise<Blob> {
  const whole = await keptWhole(url, { cacheName, onProgress });
  if (whole) return whole;
  const cache = await openCache(cacheName);
  const response = await request(url, { cache: "no-cache" });
  const blob = await bodyOf(url, response, onProgress);
  await cache?.put(url, new Response(blob, { headers: versionOf(response.headers) })).catch(() => undefined); // no room: it is fetched again next time
  return blob;
}

/** A file that is kept and still the same; undefined for others. @param url absolute */
export async function keptWhole(url: string, { cacheName, onProgress }: KeptFileOptions): Promise<Blob | undefined> {
  const kept = await (await openCache(cacheName))?.match(url);
  if (!kept || !(await isCurrent(url, kept))) return undefined;
  const blob = await kept.blob();
  onProgress?.({ loadedBytes: blob.size, totalBytes: blob.size });
  return blob;
}

/**
 * A file of a web server, which the browser may keep as the server allows.
 * @param url absolute
 * @param byteLength of the file, uncompressed
 * @throws CodecError as {@link keptFile}
 */
export async function fetchedFile(
  url: string,
  byteLength: number | undefined,
  onProgress: (progress: LoadProgress) => void,
): Promise<Blob> {
  const response = await request(url, {});
  return guarded(url, () => countedBody(response, onProgress, byteLength));
}

/** Whether a file is on its server, or kept from a time when it was. */
export async function isThere(url: string, cacheName: string): Promise<boolean> {
  const answer = await fetch(url, { method: "HEAD", cache: "no-cache" }).catch(() => undefined);
  if (answer?.headers.get("content-type")?.startsWith("text/html")) return false; // hosts of pages answer so for files that they do not have
  return answer ? answer.ok : (await (await openCache(cacheName))?.match(url, { ignoreSearch: true })) !== undefined; // its blocks have a query
}

/** The cache of that name; undefined where there is none to be had. */
export async function openCache(name: string): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(name);
  } catch {
    return undefined; // the user forbids it
  }
}

/** True when the server has the same version still, or cannot be asked. */
async function isCurrent(url: string, kept: Response): Promise<boolean> {
  const answer = await fetch(url, { method: "HEAD", cache: "no-cache" }).catch(() => undefined);
  if (!answer) return true;
  return answer.ok && VERSION_HEADERS.every((name) => answer.headers.get(name) === kept.headers.get(name));
}

function versionOf(headers: Headers): Headers {
  const found = VERSION_HEADERS.map((name) => [name, headers.get(name)] as const);
  return new Headers(
    found.filter((header): header is readonly [string, string] => header[1] !== null).map(([name, value]) => [name, value]),
  );
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const response = await guarded(url, () => fetch(url, init));
  if (response.ok) return response;
  await response.body?.cancel();
  throw refused(url, response.status);
}

/** The error of an answer that is no success. @param what was wrong with it. Default: its status */
export function refused(url: string, status: number, what = `the server answered ${status}`): CodecError {
  if (status === 404)
    return new CodecError("not-found", `Cannot fetch "${url}": the server does not have it; check the address of the model`);
  return new CodecError("io", `Cannot fetch "${url}": ${what}; try again, or use another server`);
}

function bodyOf(url: string, response: Response, onProgress: KeptFileOptions["onProgress"]): Promise<Blob> {
  return guarded(url, () => (onProgress ? countedBody(response, onProgress, undefined) : response.blob()));
}

/** Does something with a server. @throws CodecError `io` that says why it failed */
export async function guarded<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = navigator.onLine ? messageOf(error) : "this device is offline";
    throw new CodecError("io", `Cannot fetch "${url}": ${why}; check the connection and the server, and try again`, { cause: error });
  }
}
