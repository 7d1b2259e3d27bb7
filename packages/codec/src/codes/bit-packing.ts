// Bit order: code i of b bits fills bits i*b to i*b + b - 1 of the stream, lowest bit first, and
// bit j of the stream is bit j % 8 (value 2^(j % 8)) of byte floor(j / 8). The last byte is filled
// up with zero bits. See docs/token-file.md, "Packing".

import { assertBytes, assertIntegers, assertNumber } from "../misuse.ts";

/** Bits of a code at most. */
const MOST_BITS = 15;

/** Bytes that `count` codes of `bits` bits take. */
export function packedBytes(count: number, bits: number): number {
  assertNumber(count, "count", 0, Number.MAX_SAFE_INTEGER);
  assertNumber(bits, "bits", 1, MOST_BITS);
  return Math.ceil((count * bits) / 8);
}

/**
 * Packs codes.
 * @param codes values 0 to 2^bits - 1; not checked here
 * @param bits 1 to 15
 * @param out where to; {@link packedBytes} bytes are written
 * @param at first byte in `out`
 * @throws RangeError when the bytes do not fit, or a number is out of range; TypeError for other
 * arrays
 */
export function packCodes(codes: Int16Array, bits: number, out: Uint8Array, at: number): void {
  assertIntegers(codes, "codes");
  assertBytes(out, "out");
  assertNumber(at, "at", 0, out.length - packedBytes(codes.length, bits));
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
 * @throws RangeError when there are too few bytes, or a number is out of range; TypeError for other
 * arrays
 */
export function unpackCodes(bytes: Uint8Array, count: number, bits: number): Int16Array {
  assertBytes(bytes, "bytes");
  if (packedBytes(count, bits) > bytes.length)
    throw new RangeError(`Cannot use ${bytes.length} bytes as "bytes": ${count} codes of ${bits} bits take ${packedBytes(count, bits)}`);
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
