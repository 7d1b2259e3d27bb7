// The header of RTP, RFC 3550 section 5.1, in its plainest form: no padding, extension or sources.

/** Bytes of the header. */
export const RTP_HEADER_BYTES = 12;
/** Version 2, and nothing else set. */
const FIRST_BYTE = 0x80;
/** The first number of the range for types that are agreed on outside: RFC 3551 section 6. */
const PAYLOAD_TYPE = 96;
const MARKER_FLAG = 0x80;

/** What a header says. */
export interface RtpHeader {
  /** Packets so far, modulo 2^16. */
  readonly sequence: number;
  /** Sample of the packet's first frame at the codec's rate, modulo 2^32. */
  readonly timestamp: number;
  /** Names the sender, 32 bits. */
  readonly source: number;
  /** First packet after a pause: RFC 3551 section 4.1. */
  readonly marker: boolean;
}

/** Bytes of a header. */
export function writeRtpHeader({ sequence, timestamp, source, marker }: RtpHeader): Uint8Array {
  const view = new DataView(new ArrayBuffer(RTP_HEADER_BYTES));
  view.setUint8(0, FIRST_BYTE);
  view.setUint8(1, PAYLOAD_TYPE | (marker ? MARKER_FLAG : 0));
  view.setUint16(2, sequence % 0x1_0000);
  view.setUint32(4, timestamp % 0x1_0000_0000);
  view.setUint32(8, source);
  return new Uint8Array(view.buffer);
}

/**
 * Whether a datagram begins with such a header: an SFrame of a link never begins with this byte.
 */
export function isRtp(datagram: Uint8Array): boolean {
  return datagram.length > RTP_HEADER_BYTES && datagram[0] === FIRST_BYTE;
}
