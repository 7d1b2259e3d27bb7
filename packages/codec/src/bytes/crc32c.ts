// Cyclic redundancy checks, one table lookup per byte (Sarwate 1988), bits reflected.

import { assertBytes } from "../misuse.ts";

/**
 * Castagnoli, 0x1EDC6F41 reflected: RFC 3720 section 12.1 (iSCSI). Finds every error burst of up to
 * 32 bits.
 */
const CASTAGNOLI = table(0x82f63b78);
/** IEEE 802.3, 0x04C11DB7 reflected: the checksum of ZIP (APPNOTE 4.4.7). */
const IEEE = table(0xedb88320);

/**
 * CRC-32C of some bytes, 0 to 2^32 - 1. Test vectors: RFC 3720 appendix B.4.
 * @param crc result of the bytes before, to go on from there
 */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  return update(CASTAGNOLI, bytes, crc);
}

/**
 * CRC-32 as ZIP files have it, 0 to 2^32 - 1.
 * @param crc result of the bytes before, to go on from there
 */
export function crc32(bytes: Uint8Array, crc = 0): number {
  return update(IEEE, bytes, crc);
}

function update(lookup: Uint32Array, bytes: Uint8Array, crc: number): number {
  assertBytes(bytes, "bytes");
  let c = ~crc;
  for (let i = 0; i < bytes.length; i++) c = lookup[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  return ~c >>> 0;
}

function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
}
