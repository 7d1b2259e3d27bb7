import type { IncomingMessage } from "node:http";
import { CodecError } from "@twelvehz/codec";

/** Names by which a browser on this machine calls it. */
export const LOOPBACK_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Headers that let the page use threads and keep other sites away from it. */
export const ISOLATION_HEADERS: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin", //     both needed for SharedArrayBuffer: https://web.dev/articles/coop-coep
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval' blob:",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "connect-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

/**
 * Refuses what another site makes a browser send: a Host that is not one of ours (DNS rebinding),
 * or an Origin other than the Host.
 * @param hostNames names without port, or undefined for any
 * @param origins sites beside our own that may
 * @throws CodecError `no-permission`
 */
export function assertOrigin(
  { headers }: Pick<IncomingMessage, "headers">,
  hostNames: readonly string[] | undefined,
  origins: readonly string[],
): void {
  const host = headers.host ?? "";
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (hostNames && !hostNames.includes(name))
    throw new CodecError(
      "no-permission",
      `Cannot answer a request for the host "${host}": this server is reached as ${hostNames.join(" or ")}`,
    );
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin.toLowerCase())) return;
  if (origin.replace(/^https?:\/\//, "").toLowerCase() !== host.toLowerCase())
    throw new CodecError("no-permission", `Cannot answer a request of the site "${origin}": only pages of this server may send it`);
}
