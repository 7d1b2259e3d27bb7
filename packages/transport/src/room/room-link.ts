// A room of a server, where two ends find each other: docs/packets.md, "Rooms".
import { CodecError } from "@twelvehz/codec";
import { ascii, hkdf } from "../sframe/key-derivation.ts";
import { base64Url, parseLinkKey } from "../link/link-key.ts";

/** Subprotocol of the WebSocket of a room. */
export const ROOM_PROTOCOL = "twelvehz.room.1";
/** Parameter of a page's address that names a STUN server. */
const STUN = "stun";
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

/**
 * The address that leads into a room: that of the page, with the key where no server sees it, and
 * with its STUN server, if it has one.
 */
export function roomAddress(page: string, key: string): string {
  const stun = URL.canParse(page) ? new URL(page).searchParams.get(STUN) : null;
  const query = stun === null ? "" : `?${STUN}=${encodeURIComponent(stun).replaceAll("%3A", ":")}`;
  return `${page.replace(/[?#].*$/s, "")}${query}#${FRAGMENT}${key}`;
}

/**
 * The STUN server in the address of a page, `?stun=HOST` or `?stun=HOST:PORT`, as WebRTC takes it. It
 * tells pages behind address translation what address they have outside, and so learns who calls.
 * @returns undefined where there is none
 * @throws CodecError `usage` for one that cannot be
 */
export function stunServerIn(page: string): string | undefined {
  const host = URL.canParse(page) ? new URL(page).searchParams.get(STUN) : null;
  if (host === null) return undefined;
  if (!/^(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:]+\])(?::\d{1,5})?$/i.test(host))
    throw new CodecError(
      "usage",
      `Cannot use the STUN server ${JSON.stringify(host)} of the address: write ?${STUN}=HOST or ?${STUN}=HOST:PORT, such as ?${STUN}=stun.example.org:3478`,
    );
  return `stun:${host}`;
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
