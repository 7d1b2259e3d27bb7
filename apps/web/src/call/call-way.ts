// How packets of a call go, and what that costs.
import { cipherSuite, USUAL_HEADER_BYTES } from "@twelvehz/transport";

/** From page to page in RTP or over a data channel, or through the server. */
export type CallWay = "rtp" | "channel" | "room";

/**
 * Bytes that a way adds to a packet over IPv4, measured in Chromium: IP 20 and UDP 8, then RTP 12 and
 * the tag of SRTP 10, or DTLS 1.3 22 and SCTP 28 (docs/decisions/calls-in-a-page.md). A WebSocket
 * with TLS takes about as many.
 */
export const WAY_BYTES: Readonly<Record<CallWay, number>> = { rtp: 50, channel: 78, room: 78 };

/** Below so many kbit/s the four bytes of a longer tag are worth more as copies. */
const SHORT_TAGS_BELOW = 12;

/** SFrame cipher suite of a call: AES-CTR with tags of 8 bytes, or of 4 where the rate is small. */
export function suiteFor(kbps: number): number {
  return kbps < SHORT_TAGS_BELOW ? 3 : 2;
}

/** Bytes of a tag in it. */
export function tagBytesFor(kbps: number): 4 | 8 {
  return cipherSuite(suiteFor(kbps)).tagBytes as 4 | 8;
}

/** Bytes of a packet beside its payload. */
export function overheadBytes(kbps: number, way: CallWay): number {
  return WAY_BYTES[way] + USUAL_HEADER_BYTES + tagBytesFor(kbps);
}
