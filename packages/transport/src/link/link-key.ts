import { CodecError } from "@twelvehz/codec";

const LEAST_BYTES = 16;
const MOST_BYTES = 64;
const FORM = /^[A-Za-z0-9_-]+$/;

/**
 * A fresh secret for {@link parseLinkKey}: 16 random bytes as 22 characters that may stand in the
 * fragment of an address.
 */
export function newLinkKey(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(LEAST_BYTES)));
}

/** Bytes as base64url (RFC 4648 section 5), without padding. */
export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * The secret that both ends of a link share, from its text: base64url (RFC 4648 section 5) of 16 to
 * 64 bytes.
 * @throws CodecError `usage` for another form or length; the text is not repeated
 */
export function parseLinkKey(text: string): Uint8Array {
  const bytes = FORM.test(text) ? decoded(text) : undefined;
  if (bytes && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES) return bytes;
  const found = bytes ? `it holds ${bytes.length} bytes` : "it is not base64url";
  throw new CodecError(
    "usage",
    `Cannot use the key: ${found}, ${LEAST_BYTES} to ${MOST_BYTES} bytes are wanted; "twelvehz call key" makes one`,
  );
}

function decoded(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
