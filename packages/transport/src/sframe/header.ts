// The header of SFrame, RFC 9605 section 4.3: a config byte, then key id and counter where they do
// not fit into it.
import { CodecError } from "@twelvehz/codec";

/** What an SFrame header says. */
export interface SFrameHeader {
  /** Key id, 0 to 2^64 - 1. */
  readonly kid: bigint;
  /** Counter, 0 to 2^64 - 1. */
  readonly ctr: bigint;
}

/**
 * Bytes of the header of a call's packets from the ninth to the 65 536th, which plans of rates count
 * with: docs/packets.md, "Sizes".
 */
export const USUAL_HEADER_BYTES = 3;

/**
 * Set in a half of the config byte: the other three bits are the length of the number, less one,
 * that follows.
 */
const EXTENDED = 8;

/** Bytes of a header, 1 to 17. */
export function encodeSFrameHeader({ kid, ctr }: SFrameHeader): Uint8Array<ArrayBuffer> {
  const [k, c] = [extension(kid), extension(ctr)];
  const half = (value: bigint, bytes: readonly number[]): number => (bytes.length === 0 ? Number(value) : EXTENDED | (bytes.length - 1));
  return Uint8Array.of((half(kid, k) << 4) | half(ctr, c), ...k, ...c);
}

/** Big-endian bytes of what does not fit into three bits. */
function extension(value: bigint): number[] {
  const out: number[] = [];
  if (value < 8n) return out;
  for (let rest = value; rest > 0n; rest >>= 8n) out.unshift(Number(rest & 0xffn));
  return out;
}

/**
 * Reads the header of an SFrame ciphertext.
 * @throws CodecError `bad-format` when it is cut short or not in its shortest form
 */
export function decodeSFrameHeader(bytes: Uint8Array): SFrameHeader & { readonly byteLength: number } {
  if (bytes.length === 0) throw badHeader("it has 0 bytes");
  const kid = fieldAt(bytes, bytes[0] >> 4, 1);
  const ctr = fieldAt(bytes, bytes[0] & 0x0f, kid.end);
  return { kid: kid.value, ctr: ctr.value, byteLength: ctr.end };
}

function fieldAt(bytes: Uint8Array, half: number, start: number): { value: bigint; end: number } {
  if (half < EXTENDED) return { value: BigInt(half), end: start };
  const end = start + (half & 7) + 1;
  if (bytes.length < end) throw badHeader("it is cut short");
  let value = 0n;
  for (const byte of bytes.subarray(start, end)) value = (value << 8n) | BigInt(byte);
  if (bytes[start] === 0 || value < 8n) throw badHeader("a number in it is not in its shortest form");
  return { value, end };
}

function badHeader(problem: string): CodecError {
  return new CodecError("bad-format", `Cannot read an SFrame header: ${problem}`);
}
