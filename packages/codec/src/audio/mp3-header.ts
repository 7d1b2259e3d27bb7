// Frame headers of MPEG-1, 2 and 2.5 audio, layers I to III: ISO/IEC 11172-3 section 2.4.1.3.

/** One frame header, understood. */
export interface FrameHeader {
  /**
   * Bytes of the frame with its header; 0 for a frame of free format, which only the next frame
   * tells.
   */
  readonly length: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly layer: number;
  /** Samples per channel in a frame. */
  readonly samples: number;
  /** 0 for free format. */
  readonly bitsPerSecond: number;
  /** Bytes that pad this frame. */
  readonly paddingBytes: number;
  /** Bytes between the header and the main data of layer III. */
  readonly sideInfoBytes: number;
}

/**
 * A frame has at most 2881 bytes (layer II at 384 kbit/s and 16 kHz, padded); those of free format
 * are bounded alike by decoders.
 */
export const MAX_FRAME_BYTES = 2881;
/**
 * Longest frame of free format that is looked for: 640 kbit/s at 32 kHz, twice what libmpg123
 * tells.
 */
const MAX_FREE_BYTES = 5760;

/**
 * kbit/s by index 1 to 14, for MPEG-1 layers I, II, III, then MPEG-2 layer I, and MPEG-2 layers II
 * and III.
 */
const BIT_RATES: readonly (readonly number[])[] = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

/** The header at an offset, or undefined when there is none. */
export function parseHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) return undefined;
  const version = (bytes[at + 1] >> 3) & 3; // 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1
  const layer = 4 - ((bytes[at + 1] >> 1) & 3);
  const rateIndex = bytes[at + 2] >> 4;
  const frequency = (bytes[at + 2] >> 2) & 3;
  if (version === 1 || layer === 4 || rateIndex === 15 || frequency === 3 || (bytes[at + 3] & 3) === 2) return undefined;
  const row = version === 3 ? layer - 1 : layer === 1 ? 3 : 4;
  const bitsPerSecond = rateIndex === 0 ? 0 : BIT_RATES[row][rateIndex - 1] * 1000;
  const sampleRate = SAMPLE_RATES[frequency] >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const padding = (bytes[at + 2] >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const paddingBytes = padding * (layer === 1 ? 4 : 1);
  const length =
    layer === 1
      ? (Math.floor((12 * bitsPerSecond) / sampleRate) + padding) * 4
      : Math.floor(((samples / 8) * bitsPerSecond) / sampleRate) + padding;
  const channels = bytes[at + 3] >> 6 === 3 ? 1 : 2;
  const sideInfoBytes = version === 3 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  return { length: rateIndex === 0 ? 0 : length, sampleRate, channels, layer, samples, bitsPerSecond, paddingBytes, sideInfoBytes };
}

/** Whether two headers can belong to one stream. */
export function sameKind(a: FrameHeader, b: FrameHeader): boolean {
  return (
    a.sampleRate === b.sampleRate && a.channels === b.channels && a.layer === b.layer && (a.bitsPerSecond === 0) === (b.bitsPerSecond === 0)
  );
}

/**
 * Bytes of a frame of free format without its padding, by the next two headers of its kind;
 * undefined where they are not found.
 */
export function freeLength(bytes: Uint8Array, at: number, header: FrameHeader): number | undefined {
  for (let next = at + 24; next + 4 <= bytes.length && next - at <= MAX_FREE_BYTES; next++) {
    const second = bytes[next] === 0xff ? parseHeader(bytes, next) : undefined;
    if (!second || !sameKind(header, second)) continue;
    const length = next - at - header.paddingBytes;
    const third = parseHeader(bytes, next + length + second.paddingBytes);
    if (third && sameKind(header, third)) return length;
  }
  return undefined;
}

/**
 * Offset of the first frame that others of its kind follow, or the end.
 * @param wanted how many frames must stand in a row, where the bytes are enough for them; the first
 * byte may begin one alone
 */
export function findFirstFrame(bytes: Uint8Array, wanted = 2): number | undefined {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const header = parseHeader(bytes, at);
    if (header && framesInRow(bytes, at, header, wanted)) return at;
  }
  return undefined;
}

function framesInRow(bytes: Uint8Array, start: number, first: FrameHeader, wanted: number): boolean {
  if (first.bitsPerSecond === 0) return freeLength(bytes, start, first) !== undefined;
  let at = start + first.length;
  for (let count = 1; count < wanted; count++) {
    if (at + 4 > bytes.length) return start === 0 || count > 1;
    const next = parseHeader(bytes, at);
    if (!next || !sameKind(first, next)) return false;
    at += next.length;
  }
  return true;
}

/**
 * Turns a frame of free format into one that names its bit rate, which libmpg123 reads more surely:
 * its length must be that of such a frame.
 * @param bytes the frame, changed in place
 * @returns false where no bit rate has frames of this length
 */
export function nameBitRate(bytes: Uint8Array): boolean {
  for (let index = 1; index < 15; index++) {
    bytes[2] = (bytes[2] & 15) | (index << 4);
    if (parseHeader(bytes, 0)?.length === bytes.length) return true;
  }
  bytes[2] &= 15;
  return false;
}
