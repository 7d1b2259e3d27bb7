// Vorbis in Ogg: https://xiph.org/vorbis/doc/Vorbis_I_spec.html, section 4.2.2 for the header and
// appendix A for the granule positions. Decoded by libvorbis.

import { type ByteReader, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import type { OggPage, OggPages } from "./ogg-pages.ts";
import { type DecodedPackets, quietly } from "./quiet-decoder.ts";

interface VorbisPages {
  decode(page: Uint8Array): Promise<DecodedPackets>;
  flush(): Promise<DecodedPackets>;
}

/** What is known of the positions of a stream. */
interface Positions {
  /** Position at the end of the first page of sound. */
  first: number | undefined;
  /**
   * Position at the end of the page that is marked as the last, where that is the end of the
   * stream.
   */
  last: number | undefined;
  /** Whether those two are one page. */
  single: boolean;
}

/**
 * Opens an Ogg Vorbis stream.
 * @param first the page that holds the header
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openVorbis(pages: OggPages, first: OggPage): Promise<DecodedSound> {
  const { reader } = pages;
  if (first.body.length !== 30) throw reader.fail("bad-format", `its Vorbis header has ${first.body.length} bytes, and 30 are wanted`);
  const view = viewOf(first.body);
  if (view.getUint32(7, true) !== 0)
    throw reader.fail("unsupported", `its Vorbis header is of version ${view.getUint32(7, true)}, and 0 is read`);
  const channels = view.getUint8(11);
  const sampleRate = view.getUint32(12, true);
  checkShape(reader, channels, sampleRate);
  return {
    info: { format: "Ogg Vorbis", sampleRate, channels, durationSeconds: undefined },
    chunks: vorbisChunks(pages, first, channels),
  };
}

async function* vorbisChunks(pages: OggPages, first: OggPage, channels: number): AsyncGenerator<Float32Array[]> {
  const { OggVorbisDecoder } = await import("@wasm-audio-decoders/ogg-vorbis");
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const positions: Positions = { first: undefined, last: undefined, single: false };
  try {
    await quietly(() => decoder.decode(first.bytes));
    yield* placed(pages.reader, decodedPages(pages, first, decoder, positions), positions, channels);
  } finally {
    decoder.free();
  }
}

/**
 * Decoded pages, each one page late, which is how the decoder works; the last come when it is
 * flushed.
 */
async function* decodedPages(pages: OggPages, first: OggPage, decoder: VorbisPages, positions: Positions): AsyncGenerator<DecodedPackets> {
  for await (const page of pages.after(first)) {
    if (page.granule !== undefined && page.granule > 0) {
      positions.single = positions.first === undefined && page.isLast;
      positions.first ??= page.granule;
      positions.last = page.isLast ? page.granule : undefined;
    }
    const bytes = page.bytes.slice();
    bytes[5] &= ~4; // it would cut the sound at whatever position its last page has
    yield await quietly(() => decoder.decode(bytes));
  }
  yield await quietly(() => decoder.flush());
}

/**
 * Cuts the sound to the positions: the first page may hold more samples than its position says,
 * which are dropped from its beginning, and the last page may, which are dropped from the end. Two
 * pieces are held back for that: the last page comes in one or two.
 */
async function* placed(
  reader: ByteReader,
  pages: AsyncIterable<DecodedPackets>,
  positions: Positions,
  channels: number,
): AsyncGenerator<Float32Array[]> {
  let position: number | undefined;
  const held: Float32Array[][] = [];
  for await (const { channelData, samplesDecoded, errors } of pages) {
    if (errors.length > 0) reader.damage(`a Vorbis packet before byte ${reader.position} is damaged (${errors[0].message})`);
    if (samplesDecoded === 0) continue;
    if (channelData.length !== channels)
      throw reader.fail("bad-format", `its Vorbis header declares ${channels} channels, and ${channelData.length} came`);
    position ??= positions.single ? 0 : (positions.first ?? samplesDecoded) - samplesDecoded;
    const begin = position;
    position += samplesDecoded;
    held.push(channelData.map((plane) => plane.subarray(Math.max(0, -begin))));
    if (held.length > 2) yield held.shift() as Float32Array[];
  }
  yield* cutToEnd(reader, held, (position ?? 0) - (positions.last ?? position ?? 0));
}

/** The last pieces without what lies beyond the last position. */
function* cutToEnd(reader: ByteReader, held: readonly Float32Array[][], excess: number): Generator<Float32Array[]> {
  const length = held.reduce((sum, [plane]) => sum + plane.length, 0);
  const isRight = excess <= length;
  if (!isRight) reader.note(`the position of its last Ogg page lies ${excess} samples before the end of its sound`);
  if (excess < 0) reader.note(`${-excess} Vorbis samples that its last position counts are missing`);
  let left = length - (isRight ? Math.max(0, excess) : 0);
  for (const planes of held) {
    yield planes.map((plane) => plane.subarray(0, left));
    left = Math.max(0, left - planes[0].length);
  }
}
