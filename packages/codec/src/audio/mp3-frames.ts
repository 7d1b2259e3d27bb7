import type { CodecError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { Mp3Repacker } from "./mp3-repack.ts";
import { findFirstFrame, type FrameHeader, freeLength, MAX_FRAME_BYTES, nameBitRate, parseHeader, sameKind } from "./mp3-header.ts";

/** A frame of an MP3 stream. */
export interface Mp3Frame {
  readonly header: FrameHeader;
  /** The whole frame, a copy. */
  readonly bytes: Uint8Array;
}

/** Bytes that are searched at once for the next frame. */
const SEARCH_BYTES = 16_384;
/** Larger tags are not believed. */
const MAX_TAG_BYTES = 2 ** 28;
/** Bytes that tell the length of a frame of free format. */
const FREE_BYTES = 12_000;

/** Goes through an MP3 stream frame by frame: over tags, over what is no frame, up to the end. */
export class Mp3Frames {
  readonly #reader: ByteReader;
  #kind: FrameHeader;
  #freeBytes = 0;
  readonly #repacker: Mp3Repacker = new Mp3Repacker();
  /** Header of the frame that the repacker holds. */
  #unfinished: FrameHeader | undefined;
  readonly #ready: Mp3Frame[] = [];

  /** @param reader stands at the first frame, whose header is `first` */
  constructor(reader: ByteReader, first: FrameHeader) {
    this.#reader = reader;
    this.#kind = first;
  }

  /**
   * The next frame; undefined at the end.
   * @throws CodecError `bad-format` for damage where reading is strict
   */
  async next(): Promise<Mp3Frame | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready) return ready;
      const frame = await this.#read();
      if (frame && frame.header.length === 0 && !nameBitRate(frame.bytes)) this.#repack(frame);
      else {
        this.#flushRepacked();
        if (frame) this.#ready.push(frame);
        else if (this.#ready.length === 0) return undefined;
      }
    }
  }

  /** Lays a frame out anew that is longer than any which names its bit rate. */
  #repack({ header, bytes }: Mp3Frame): void {
    const repacked = header.layer === 3 ? this.#repacker.push(bytes, header) : null;
    if (repacked === null && this.#unfinished === undefined) throw this.#unknownRate(header, bytes.length);
    if (repacked === null) return this.#reader.damage(`the MP3 frame before byte ${this.#reader.position} holds more than it can`);
    this.#unfinished = header;
    if (repacked) this.#ready.push({ header, bytes: repacked });
  }

  #flushRepacked(): void {
    const last = this.#repacker.flush();
    if (last && this.#unfinished) this.#ready.push({ header: this.#unfinished, bytes: last });
  }

  /** The next frame as it stands in the file. */
  async #read(): Promise<Mp3Frame | undefined> {
    for (;;) {
      const header = await this.#headerHere();
      if (header) {
        const length = header.length || this.#freeBytes + header.paddingBytes;
        const bytes = (await this.#reader.peek(length)).slice();
        await this.#reader.skip(bytes.length);
        if (bytes.length === length) return { header, bytes };
        this.#reader.endsEarly(`the MP3 frame at byte ${this.#reader.position - bytes.length}`, bytes.length, length);
        return undefined;
      }
      if (!(await this.#skip())) return undefined;
    }
  }

  #unknownRate({ sampleRate, samples }: FrameHeader, length: number): CodecError {
    const rate = Math.round((length * 8 * sampleRate) / samples / 1000);
    return this.#reader.fail(
      "unsupported",
      `it is MPEG audio of free format at ${rate} kbit/s, which is not among the usual bit rates; convert it to WAV first`,
    );
  }

  /**
   * The header here, when it is one: that of another kind must be followed by one of its own kind,
   * for two bytes look like a header soon.
   */
  async #headerHere(): Promise<FrameHeader | undefined> {
    const header = parseHeader(await this.#reader.peek(4), 0);
    if (!header) return undefined;
    if (sameKind(header, this.#kind) && (header.length > 0 || this.#freeBytes > 0)) return header;
    const ahead = await this.#reader.peek(header.length === 0 ? FREE_BYTES : 3 * MAX_FRAME_BYTES);
    if (header.length === 0) {
      this.#freeBytes = freeLength(ahead, 0, header) ?? 0;
      if (this.#freeBytes === 0) return undefined;
    } else if (!standsAlone(ahead, header)) return undefined;
    this.#kind = header;
    return header;
  }

  /** Skips a tag, or what is no frame. Returns whether to go on. */
  async #skip(): Promise<boolean> {
    const tag = tagBytes(await this.#reader.peek(32));
    if (tag !== undefined) return (await this.#reader.skip(tag)) > 0;
    const at = this.#reader.position;
    const { skipped, silent, isEnd } = await this.#search();
    if (silent || skipped === 0) return !isEnd;
    const reason = `${skipped} bytes from byte ${at} on are no MP3 frame`;
    if (isEnd || skipped < LEAST_FRAME_BYTES) this.#reader.note(reason);
    else this.#reader.damage(reason);
    return !isEnd;
  }

  /** Consumes bytes up to the next frame or tag. */
  async #search(): Promise<{ skipped: number; silent: boolean; isEnd: boolean }> {
    let skipped = 0;
    let silent = true; // zeros, and the old tag at the end whose length stands behind it
    for (let start = 1; ; start = 0) {
      const ahead = await this.#reader.peek(SEARCH_BYTES);
      const rest = ahead.subarray(Math.min(start, ahead.length));
      const frame = findFirstFrame(rest, 2);
      const tag = tagIn(rest);
      const isWhole = ahead.length < SEARCH_BYTES;
      const at = Math.min(frame ?? Number.POSITIVE_INFINITY, tag ?? Number.POSITIVE_INFINITY);
      const isFound = Number.isFinite(at) && (isWhole || at < SEARCH_BYTES / 2);
      const count = isFound ? at + start : isWhole ? ahead.length : SEARCH_BYTES / 2;
      silent &&= ahead.subarray(0, count).every((byte) => byte === 0) || String.fromCharCode(...ahead.subarray(0, 8)) === "LYRICSBE";
      skipped += await this.#reader.skip(count);
      if (isFound || isWhole) return { skipped, silent, isEnd: !isFound };
    }
  }
}

/** No frame is shorter: layer III at 8 kbit/s and 24 kHz. */
const LEAST_FRAME_BYTES = 24;

/** Whether a header that differs from those before is followed by another of its kind. */
function standsAlone(ahead: Uint8Array, header: FrameHeader): boolean {
  const next = parseHeader(ahead, header.length);
  return ahead.length <= header.length || (next !== undefined && sameKind(header, next));
}

/**
 * Bytes of the tag that begins here, or undefined: ID3v1 (128), APE
 * (https://wiki.hydrogenaud.io/index.php?title=APEv2), ID3v2.
 */
function tagBytes(head: Uint8Array): number | undefined {
  const magic = String.fromCharCode(...head.subarray(0, 8));
  if (magic.startsWith("TAG")) return magic.startsWith("TAG+") ? 227 : 128;
  if (magic === "APETAGEX" && head.length === 32) return apeBytes(head);
  if (!magic.startsWith("ID3") || head.length < 10) return undefined;
  const size = ((head[6] & 127) << 21) | ((head[7] & 127) << 14) | ((head[8] & 127) << 7) | (head[9] & 127);
  return 10 + size;
}

function apeBytes(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const size = view.getUint32(12, true);
  const isHeader = (view.getUint32(20, true) & 0x2000_0000) !== 0;
  return 32 + (isHeader && size < MAX_TAG_BYTES ? size : 0);
}

/** Where a tag begins in some bytes. */
function tagIn(bytes: Uint8Array): number | undefined {
  return /TAG|APETAGEX|ID3[\x02-\x04]/.exec(new TextDecoder("latin1").decode(bytes))?.index;
}
