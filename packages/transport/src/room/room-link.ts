// A room of a server, where two ends find each other: docs/packets.md, "Rooms".
import { CodecError } from "@twelvehz/codec";
import { ascii, hkdf } from "../sframe/key-derivation.ts";
import { base64Url, parseLinkKey } from "../link/link-key.ts";

/** Subprotocol of the WebSocket of a room. */
export const ROOM_PROTOCOL = "twelvehz.room.1";
/** What stands before the key in the fragment of a room's address. */
const FRAGMENT = "call/";

/**
 * Name of the room of those who have a secret: 22 characters. It tells nothing of the secret, and
 * who does not have that does not find the room.
 */
export async function roomName(secret: Uint8Array): Promise<string> {
  return base64Url(await hkdf("SHA-256", secret, new Uint8Array(0), ascii("twelvehz room 1"), 16));
}

/**
 * Key in the fragment of an address, such as `#call/AAAAAAAAAAAAAAAAAAAAAA`.
 * @returns undefined where there is none
 * @throws CodecError `usage` where there is one that cannot be
 */
export function roomKeyIn(fragment: string): string | undefined {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(FRAGMENT) || text.length === FRAGMENT.length) return undefined;
  const key = text.slice(FRAGMENT.length);
  parseLinkKey(key);
  return key;
}

/** The address that leads into a room: that of the page, with the key where no server sees it. */
export function roomAddress(page: string, key: string): string {
  return `${page.replace(/[?#].*$/s, "")}#${FRAGMENT}${key}`;
}

/**
 * The WebSocket of a room.
 * @param page address of the page, or of a room: http or https
 * @param member this end: who comes again under the same name takes its place again
 * @throws CodecError `usage` for another address
 */
export function roomSocketUrl(page: string, name: string, member: string): string {
  const address = URL.canParse(page) ? new URL(page) : undefined;
  if (address?.protocol !== "http:" && address?.protocol !== "https:")
    throw new CodecError(
      "usage",
      `Cannot open a room at ${JSON.stringify(page)}: give the address of the page, such as https://codec.example.org/`,
    );
  const folder = address.pathname.replace(/[^/]*$/, "");
  return `${address.protocol === "http:" ? "ws:" : "wss:"}//${address.host}${folder}rooms/${name}?member=${member}`;
}

/** A new name for an end, 16 characters. */
export function newMember(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
