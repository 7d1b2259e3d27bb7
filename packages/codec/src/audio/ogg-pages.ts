// Ogg pages and packets: RFC 3533.

import { joinBytes } from "../join.ts";
import { type ByteReader, viewOf } from "./byte-reader.ts";

/** One page, its checksum checked. */
export interface OggPage {
  /** The whole page, a copy. */
  readonly bytes: Uint8Array;
  /** Which of the streams in the file it belongs to. */
  readonly serial: number;
  /** Counts the pages of that stream. */
  readonly sequence: number;
  /** Position in samples at the end of the last packet that ends here, or undefined when none does. */
  readonly granule: number | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** The segment table: packets are sums of its entries up to one below 255. */
  readonly segments: Uint8Array;
  readonly body: Uint8Array;
}

/** Longer packets are no sound; comments with pictures may have some MiB. */
const MAX_PACKET_BYTES = 1 << 26;
const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/**
 * Reads the next page; undefined at the end of the file.
 * @throws CodecError `bad-format` when it is damaged or cut short
 */
export async function readOggPage(reader: ByteReader): Promise<OggPage | undefined> {
  const at = reader.position;
  const head = (await reader.peek(27)).slice();
  if (head.length === 0) return undefined;
  if (String.fromCharCode(...head.subarray(0, 4)) !== "OggS")
    throw reader.fail("bad-format", `no Ogg page stands at byte ${at}, where one is due`);
  if (head.length < 27) throw reader.cutShort(`the Ogg page at byte ${at}`, head.length, 27);
  const table = 27 + head[26];
  const segments = (await reader.peek(table)).slice(27);
  const size = table + segments.reduce((sum, length) => sum + length, 0);
  const bytes = (await reader.readExactly(size, `the Ogg page at byte ${at}`)).slice();
  const view = viewOf(bytes);
  if (view.getUint32(22, true) !== pageCrc(bytes))
    throw reader.fail("bad-format", `the Ogg page at byte ${at} is damaged: its checksum does not match`);
  const granule = view.getBigInt64(6, true);
  return {
    bytes,
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    granule: granule < 0n ? undefined : Number(granule),
    isFirst: (bytes[5] & 2) !== 0,
    isLast: (bytes[5] & 4) !== 0,
    segments,
    body: bytes.subarray(table),
  };
}

/** The checksum is taken over the page with zeros in its own place. */
function pageCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : bytes[i];
    crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte];
  }
  return crc >>> 0;
}

/**
 * The pages of one stream after its first, up to its last.
 * @param first the stream's first page
 * @throws CodecError `bad-format` when a page is missing or the stream does not end, `unsupported` when another stream follows
 */
export async function* pagesAfter(reader: ByteReader, first: OggPage): AsyncGenerator<OggPage> {
  let sequence = first.sequence;
  let ended = first.isLast;
  for (let page = await readOggPage(reader); page; page = await readOggPage(reader)) {
    if (page.isFirst && ended) throw reader.fail("unsupported", "it is a chain of several Ogg streams; convert it to WAV first");
    if (page.serial !== first.serial || ended) continue;
    if (page.sequence !== (sequence + 1) >>> 0)
      throw reader.fail("bad-format", `Ogg page ${sequence + 1} is missing before byte ${reader.position}`);
    sequence = page.sequence;
    ended = page.isLast;
    yield page;
  }
  if (!ended) throw reader.fail("bad-format", "the file is cut short: its last Ogg page is missing; get the whole file");
}

/** Puts packets together that lie across pages. */
export class PacketAssembler {
  #parts: Uint8Array[] = [];
  #length = 0;

  /**
   * The packets that end in this page.
   * @throws CodecError `bad-format` when a packet is longer than any can be
   */
  add(reader: ByteReader, page: OggPage): Uint8Array[] {
    const packets: Uint8Array[] = [];
    let at = 0;
    for (const length of page.segments) {
      this.#parts.push(page.body.subarray(at, at + length));
      this.#length += length;
      at += length;
      if (this.#length > MAX_PACKET_BYTES) throw reader.fail("bad-format", `an Ogg packet has over ${MAX_PACKET_BYTES} bytes`);
      if (length === 255) continue;
      packets.push(joinBytes(this.#parts));
      this.#parts = [];
      this.#length = 0;
    }
    return packets;
  }
}
