// Bit order: code i of b bits fills bits i*b to i*b + b - 1 of the stream, lowest bit first, and bit j of the stream is bit j % 8
// (value 2^(j % 8)) of byte floor(j / 8). The last byte is filled up with zero bits. See docs/token-file.md, "Packing".

/** Bytes that `count` codes of `bits` bits take. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/**
 * Packs codes.
 * @param codes values 0 to 2^bits - 1; not checked here
 * @param bits 1 to 15
 * @param out where to; {@link packedBytes} bytes are written
 * @param at first byte in `out`
 */
export function packCodes(codes: Int16Array, bits: number, out: Uint8Array, at: number): void {
  let pending = 0;
  let filled = 0;
  for (let i = 0; i < codes.length; i++) {
    pending |= codes[i] << filled; // at most 7 + 15 bits
    filled += bits;
    for (; filled >= 8; filled -= 8) {
      out[at++] = pending;
      pending >>>= 8;
    }
  }
  if (filled > 0) out[at] = pending;
}

/**
 * Unpacks codes, a copy.
 * @param bytes at least {@link packedBytes} of them
 * @param count number of codes
 * @param bits 1 to 15
 */
export function unpackCodes(bytes: Uint8Array, count: number, bits: number): Int16Array {
  const out = new Int16Array(count);
  const mask = (1 << bits) - 1;
  let pending = 0;
  let filled = 0;
  for (let i = 0, at = 0; i < count; i++) {
    for (; filled < bits; filled += 8) pending |= bytes[at++] << filled; // at most 14 + 8 bits
    out[i] = pending & mask;
    pending >>>= bits;
    filled -= bits;
  }
  return out;
}
