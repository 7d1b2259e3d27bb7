// Ogg pages and packets: RFC 3533.

import { joinBytes } from "../bytes/join.ts";
import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";

/** One page, its checksum checked. */
export interface OggPage {
  /** The whole page, a copy. */
  readonly bytes: Uint8Array;
  /** Which of the streams in the file it belongs to. */
  readonly serial: number;
  /** Counts the pages of that stream. */
  readonly sequence: number;
  /**
   * Position in samples at the end of the last packet that ends here, or undefined when none does.
   */
  readonly granule: number | undefined;
  /** Whether it begins with the rest of a packet of the page before. */
  readonly isContinued: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** The segment table: packets are sums of its entries up to one below 255. */
  readonly segments: Uint8Array;
  readonly body: Uint8Array;
}

/** Longer packets are no sound; comments with pictures may have some MiB. */
const MAX_PACKET_BYTES = 1 << 26;
/** Bytes that are searched at once. */
const SEARCH_BYTES = 65_536;
const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/**
 * Reads the next whole page. Bytes that are no page, and pages with a wrong checksum, are left out;
 * a page that the end of the file cuts is too.
 * @returns undefined at the end of the file
 * @throws CodecError `bad-format` where reading is strict, or nothing is a page
 */
async function readPage(reader: ByteReader): Promise<OggPage | undefined> {
  let wrongChecksum: number | undefined;
  let skipped = 0;
  for (;;) {
    const at = reader.position;
    const head = (await reader.peek(27)).slice();
    const isPage = fourCC(head, 0) === "OggS";
    const page = isPage && head.length === 27 ? await pageHere(reader, head[26]) : undefined;
    const isLeft = head.length === 0 || page === "cut";
    if (isLeft || typeof page === "object") reportGap(reader, { at: at - skipped, skipped, wrongChecksum });
    if (page === "cut") reader.note(`the file is cut short: so is the Ogg page at byte ${at}`);
    if (isLeft) return undefined;
    if (typeof page === "object") {
      await reader.skip(page.bytes.length);
      return page;
    }
    if (page === "damaged") wrongChecksum ??= at;
    skipped += await skipToPage(reader);
  }
}

function reportGap(
  reader: ByteReader,
  { at, skipped, wrongChecksum }: { at: number; skipped: number; wrongChecksum: number | undefined },
): void {
  if (wrongChecksum !== undefined) reader.damage(`the Ogg page at byte ${wrongChecksum} is damaged: its checksum does not match`);
  else if (skipped > 0) reader.note(`${skipped} bytes from byte ${at} on are no Ogg page`);
}

/** Consumes a byte, and what follows up to the next sign of a page. Returns how many those were. */
async function skipToPage(reader: ByteReader): Promise<number> {
  let skipped = await reader.skip(1);
  for (;;) {
    const ahead = await reader.peek(SEARCH_BYTES);
    const at = ahead.findIndex((byte, i) => byte === 0x4f && (i + 4 > ahead.length || fourCC(ahead, i) === "OggS"));
    skipped += await reader.skip(at < 0 ? ahead.length : at);
    if (at >= 0 && at + 4 > ahead.length && ahead.length < SEARCH_BYTES) skipped += await reader.skip(ahead.length - at); // the end
    if (at >= 0 || ahead.length < SEARCH_BYTES) return skipped;
  }
}

/** The page that begins here, which is not consumed. */
async function pageHere(reader: ByteReader, segmentCount: number): Promise<OggPage | "cut" | "damaged"> {
  const table = 27 + segmentCount;
  const segments = (await reader.peek(table)).slice(27);
  const size = table + segments.reduce((sum, length) => sum + length, 0);
  const bytes = (await reader.peek(size)).slice();
  if (bytes.length < size) return fourCC(bytes, 0) === "OggS" && !hasPage(bytes.subarray(4)) ? "cut" : "damaged";
  const view = viewOf(bytes);
  if (view.getUint32(22, true) !== pageCrc(bytes)) return "damaged";
  const granule = view.getBigInt64(6, true);
  return {
    bytes,
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    granule: granule < 0n ? undefined : Number(granule),
    isContinued: (bytes[5] & 1) !== 0,
    isFirst: (bytes[5] & 2) !== 0,
    isLast: (bytes[5] & 4) !== 0,
    segments,
    body: bytes.subarray(table),
  };
}

/**
 * Whether another page begins in these bytes, so that the one before them has a wrong length and is
 * not just cut off.
 */
function hasPage(bytes: Uint8Array): boolean {
  return bytes.some((byte, i) => byte === 0x4f && fourCC(bytes, i) === "OggS");
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

/** The pages of a file, one after the other. */
export class OggPages {
  readonly reader: ByteReader;
  #next: OggPage | undefined;

  constructor(reader: ByteReader) {
    this.reader = reader;
  }

  /** The next page; undefined at the end. */
  async read(): Promise<OggPage | undefined> {
    const page = this.#next ?? (await readPage(this.reader));
    this.#next = undefined;
    return page;
  }

  /**
   * The pages of one stream after its first, up to the end of the file or to the first page of
   * another stream that follows it. What is declared wrongly or missing is a finding: the last
   * page, page numbers, an end before the end.
   * @param first the stream's first page
   */
  async *after(first: OggPage): AsyncGenerator<OggPage> {
    let { sequence } = first;
    let hasBegun = false;
    let ended = first.isLast;
    for (let page = await this.read(); page; page = await this.read()) {
      if (page.isFirst && hasBegun) {
        this.#next = page;
        break;
      }
      if (page.serial !== first.serial || page.isFirst) continue;
      this.#checkSequence(sequence, page);
      if (ended && page.body.length > 0) this.reader.note("an Ogg page that is marked as the last is followed by others");
      ({ sequence } = page);
      hasBegun = true;
      ended = page.isLast;
      yield page;
    }
    if (!ended) this.reader.note("its last Ogg page is missing: the recording was cut off, or its writer marks none");
  }

  /** A number that jumps ahead tells of missing pages; others were never counted. */
  #checkSequence(before: number, { sequence }: OggPage): void {
    const wanted = (before + 1) >>> 0;
    if (sequence === wanted) return;
    const missing = sequence - wanted;
    if (missing === 1) this.reader.damage(`Ogg page ${wanted} is missing before byte ${this.reader.position}`);
    else if (missing > 1) this.reader.damage(`Ogg pages ${wanted} to ${sequence - 1} are missing before byte ${this.reader.position}`);
    else this.reader.note("its Ogg pages are not numbered one after the other");
  }
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
    let isOrphan = page.isContinued && this.#length === 0; // its beginning is missing
    if (!page.isContinued) this.#clear(); // its end is missing
    let at = 0;
    for (const length of page.segments) {
      this.#parts.push(page.body.subarray(at, at + length));
      this.#length += length;
      at += length;
      if (this.#length > MAX_PACKET_BYTES) throw reader.fail("bad-format", `an Ogg packet has over ${MAX_PACKET_BYTES} bytes`);
      if (length === 255) continue;
      if (!isOrphan) packets.push(joinBytes(this.#parts));
      isOrphan = false;
      this.#clear();
    }
    if (isOrphan) this.#clear();
    return packets;
  }

  #clear(): void {
    this.#parts = [];
    this.#length = 0;
  }
}
