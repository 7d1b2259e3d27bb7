// Frames of free format above the highest bit rate (ISO/IEC 11172-3 section 2.4.2.3) hold more than
// any frame that names its rate, which is what libmpg123 is built for here. Their sound may still
// fit: the main data of layer III may begin in the frame before (the bit reservoir, section
// 2.4.3.4), and encoders fill what they do not need. So the main data is laid out anew, as early as
// it may begin, in frames of the highest bit rate.

import { type FrameHeader, parseHeader } from "./mp3-header.ts";

/** Index of the highest bit rate in a header: 320 kbit/s in MPEG-1, 160 kbit/s in MPEG-2. */
const HIGHEST_RATE = 14;

/** What the side information of a frame says about its main data. */
interface MainData {
  /** Bytes before the frame's own data region where it begins. */
  readonly back: number;
  readonly byteLength: number;
}

/** A frame whose data region still takes main data of the next. */
interface OpenFrame {
  readonly bytes: Uint8Array;
  /** Where in the stream of all data regions its own begins. */
  readonly start: number;
}

/**
 * Lays frames of layer III of free format out anew, in frames of the highest bit rate. Gives each
 * frame when the next has come.
 */
export class Mp3Repacker {
  /** The data regions of the last frames that were read: the reservoir. */
  #past: Uint8Array = new Uint8Array(0);
  #open: OpenFrame | undefined;
  /** Where in the stream of data regions that are written the next main data may begin. */
  #end = 0;

  /**
   * @param frame a whole frame of layer III of free format
   * @returns the frame before, laid out anew; undefined for the first, and null where the main data
   * does not fit
   */
  push(frame: Uint8Array, header: FrameHeader): Uint8Array | undefined | null {
    const sideAt = frame[1] & 1 ? 4 : 6; // without the bit, a checksum stands between
    const region = frame.subarray(sideAt + header.sideInfoBytes);
    const isMpeg1 = header.sampleRate >= 32_000;
    const side = frame.slice(sideAt, sideAt + header.sideInfoBytes);
    const main = mainDataOf(side, header.channels, isMpeg1);
    const missing = Math.max(0, main.back - this.#past.length); // of the reservoir, where the file was cut out of another
    const stream = concat(new Uint8Array(missing), concat(this.#past, region));
    const from = stream.length - region.length - main.back;
    this.#past = stream.slice(-511);

    const bytes = emptyFrame(frame, header);
    const before = this.#open;
    const start = before ? before.start + dataBytes(before.bytes, header) : 0;
    const at = Math.max(this.#end, start - (isMpeg1 ? 511 : 255), 0);
    if (at + main.byteLength > start + dataBytes(bytes, header)) return null;
    setBack(side, start - at, isMpeg1);
    bytes.set(side, 4);
    this.#open = { bytes, start };
    this.#end = at + main.byteLength;
    const data = stream.subarray(from, from + main.byteLength);
    const early = Math.max(0, Math.min(data.length, start - at));
    if (before) before.bytes.set(data.subarray(0, early), before.bytes.length - (start - at));
    bytes.set(data.subarray(early), 4 + side.length + Math.max(0, at - start));
    return before?.bytes;
  }

  /** The last frame, or undefined where there is none. */
  flush(): Uint8Array | undefined {
    const last = this.#open?.bytes;
    this.#open = undefined;
    this.#end = 0;
    this.#past = new Uint8Array(0);
    return last;
  }
}

function dataBytes(frame: Uint8Array, { sideInfoBytes }: FrameHeader): number {
  return frame.length - 4 - sideInfoBytes;
}

/**
 * A frame of the highest bit rate, padded and without a checksum, with the rest of the header as it
 * was.
 */
function emptyFrame(frame: Uint8Array, { sideInfoBytes }: FrameHeader): Uint8Array {
  const head = frame.slice(0, 4);
  head[1] |= 1;
  head[2] = (head[2] & 0x0d) | (HIGHEST_RATE << 4) | 2;
  const bytes = new Uint8Array(parseHeader(head, 0)?.length ?? 4 + sideInfoBytes);
  bytes.set(head);
  return bytes;
}

/**
 * Where the main data begins, and its length: the sum of part2_3_length over granules and channels,
 * in whole bytes.
 */
function mainDataOf(side: Uint8Array, channels: number, isMpeg1: boolean): MainData {
  const bits = (at: number, count: number): number => {
    let value = 0;
    for (let i = at; i < at + count; i++) value = 2 * value + ((side[i >> 3] >> (7 - (i & 7))) & 1);
    return value;
  };
  const first = isMpeg1 ? (channels === 1 ? 9 + 5 + 4 : 9 + 3 + 8) : channels === 1 ? 8 + 1 : 8 + 2;
  const step = isMpeg1 ? 59 : 63;
  let sum = 0;
  for (let i = 0; i < (isMpeg1 ? 2 : 1) * channels; i++) sum += bits(first + i * step, 12);
  return { back: bits(0, isMpeg1 ? 9 : 8), byteLength: Math.ceil(sum / 8) };
}

/** Writes main_data_begin, 9 bits in MPEG-1 and 8 in MPEG-2. */
function setBack(side: Uint8Array, back: number, isMpeg1: boolean): void {
  side[0] = isMpeg1 ? back >> 1 : back;
  if (isMpeg1) side[1] = (side[1] & 0x7f) | ((back & 1) << 7);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
