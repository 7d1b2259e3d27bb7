// Blocks and the trailer of a token file; docs/token-file.md, "Blocks" and "Trailer".
import { bitsPerCode } from "../codes/codes-spec.ts";
import { packCodes, packedBytes, unpackCodes } from "../codes/bit-packing.ts";
import { crc32c } from "../bytes/crc32c.ts";
import type { StoredHeader } from "./token-file-header.ts";

/** What a byte position of a token file holds. */
export type TokenFileItem =
  | { readonly kind: "block"; readonly firstFrame: number; readonly codes: Int16Array; readonly byteLength: number }
  | { readonly kind: "trailer"; readonly frames: number; readonly sampleCount: number | undefined; readonly byteLength: number }
  /** Right so far, but the bytes end before the item does. */
  | { readonly kind: "short" }
  /** Neither block nor trailer. `checked` bytes were looked at to find out. */
  | { readonly kind: "bad"; readonly reason: string; readonly checked: number };

/** Bytes of a block before its packed codes. */
const BLOCK_HEADER_BYTES = 10;
/** Bytes of the trailer. */
export const TRAILER_BYTES = 20;
/** "BLK1" as a little-endian number. */
const BLOCK_MARKER = 0x314b4c42;
/** "END1" as a little-endian number. */
const TRAILER_MARKER = 0x31444e45;
/** Stands for "whole frames" in both halves of the trailer's sample count. */
const NO_COUNT = 0xffffffff;

/** Bytes of a block of `frames` frames, with its header and checksum. */
export function blockBytes({ header }: StoredHeader, frames: number): number {
  return BLOCK_HEADER_BYTES + packedBytes(frames * header.layers, bitsPerCode(header.codebookSize)) + 4;
}

/**
 * A block.
 * @param codes `[n, K]`, n from 1 to `blockFrames`, in range
 */
export function writeBlock(stored: StoredHeader, firstFrame: number, codes: Int16Array): Uint8Array {
  const frames = codes.length / stored.header.layers;
  const bytes = new Uint8Array(blockBytes(stored, frames));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BLOCK_MARKER, true);
  view.setUint32(4, firstFrame, true);
  view.setUint16(8, frames, true);
  packCodes(codes, bitsPerCode(stored.header.codebookSize), bytes, BLOCK_HEADER_BYTES);
  return sealed(bytes, stored.seed);
}

/**
 * The trailer.
 * @param sampleCount samples of the original, or undefined for whole frames
 */
export function writeTrailer(stored: StoredHeader, frames: number, sampleCount: number | undefined): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, TRAILER_MARKER, true);
  view.setUint32(4, frames, true);
  view.setUint32(8, sampleCount === undefined ? NO_COUNT : sampleCount % 2 ** 32, true);
  view.setUint32(12, sampleCount === undefined ? NO_COUNT : Math.floor(sampleCount / 2 ** 32), true);
  return sealed(bytes, stored.seed);
}

/** The block or trailer at the start of some bytes. Codes are a copy. */
export function readItem(stored: StoredHeader, bytes: Uint8Array): TokenFileItem {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) return beginsWithMarker(bytes) ? { kind: "short" } : bad("there is no block here", 0);
  const marker = view.getUint32(0, true);
  if (marker === BLOCK_MARKER) return readBlock(stored, bytes, view);
  if (marker === TRAILER_MARKER) return readTrailer(stored, bytes, view);
  return bad("there is no block here", 0);
}

/**
 * Frames and length of the block that seems to begin here, without its checksum; undefined where
 * none can be.
 */
export function peekBlock(
  stored: StoredHeader,
  bytes: Uint8Array,
): { readonly firstFrame: number; readonly frames: number; readonly byteLength: number } | undefined {
  if (bytes.length < BLOCK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = view.getUint16(8, true);
  if (view.getUint32(0, true) !== BLOCK_MARKER || frames < 1 || frames > stored.header.blockFrames) return undefined;
  return { firstFrame: view.getUint32(4, true), frames, byteLength: blockBytes(stored, frames) };
}

function readBlock(stored: StoredHeader, bytes: Uint8Array, view: DataView): TokenFileItem {
  if (bytes.length < BLOCK_HEADER_BYTES) return { kind: "short" };
  const peek = peekBlock(stored, bytes);
  if (!peek) return bad(`a block claims ${view.getUint16(8, true)} frames`, 0);
  const { firstFrame, frames, byteLength } = peek;
  if (bytes.length < byteLength) return { kind: "short" };
  if (!isSealed(bytes.subarray(0, byteLength), stored.seed)) return bad("the checksum of a block is wrong", byteLength);
  const { layers, codebookSize } = stored.header;
  const codes = unpackCodes(bytes.subarray(BLOCK_HEADER_BYTES, byteLength - 4), frames * layers, bitsPerCode(codebookSize));
  if (codes.some((code) => code >= codebookSize)) return bad(`a block holds codes over ${codebookSize - 1}`, byteLength);
  return { kind: "block", firstFrame, codes, byteLength };
}

function readTrailer(stored: StoredHeader, bytes: Uint8Array, view: DataView): TokenFileItem {
  if (bytes.length < TRAILER_BYTES) return { kind: "short" };
  if (!isSealed(bytes.subarray(0, TRAILER_BYTES), stored.seed)) return bad("the checksum of the trailer is wrong", TRAILER_BYTES);
  const [low, high] = [view.getUint32(8, true), view.getUint32(12, true)];
  const sampleCount = low === NO_COUNT && high === NO_COUNT ? undefined : high * 2 ** 32 + low;
  return { kind: "trailer", frames: view.getUint32(4, true), sampleCount, byteLength: TRAILER_BYTES };
}

/**
 * Writes the checksum into the last four bytes: CRC-32C of everything before, begun with the
 * header's, so that a block of another file shows.
 */
function sealed(bytes: Uint8Array, seed: number): Uint8Array {
  const crc = crc32c(bytes.subarray(0, -4), seed);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc, true);
  return bytes;
}

function isSealed(bytes: Uint8Array, seed: number): boolean {
  const crc = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true);
  return crc32c(bytes.subarray(0, -4), seed) === crc;
}

/** Whether up to three bytes may be the beginning of a marker. */
function beginsWithMarker(bytes: Uint8Array): boolean {
  return [BLOCK_MARKER, TRAILER_MARKER].some((marker) => bytes.every((byte, i) => byte === ((marker >>> (8 * i)) & 0xff)));
}

function bad(reason: string, checked: number): TokenFileItem {
  return { kind: "bad", reason, checked };
}
