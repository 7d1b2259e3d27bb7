// Vorbis in Ogg: https://xiph.org/vorbis/doc/Vorbis_I_spec.html, section 4.2.2 for the header and appendix A for the granule positions.
// Decoded by libvorbis.

import { type ByteReader, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { type OggPage, pagesAfter } from "./ogg-pages.ts";
import { type DecodedPackets, quietly } from "./quiet-decoder.ts";

interface VorbisPages {
  decode(page: Uint8Array): Promise<DecodedPackets>;
  flush(): Promise<DecodedPackets>;
}

/** What is known of the positions of a stream. */
interface Positions {
  /** Position at the end of the first page of sound. */
  first: number | undefined;
  /** Position at the end of the last page. */
  last: number;
  /** Whether those two are one page. */
  single: boolean;
}

/**
 * Opens an Ogg Vorbis stream.
 * @param first the page that holds the header
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openVorbis(reader: ByteReader, first: OggPage): Promise<DecodedSound> {
  if (first.body.length !== 30) throw reader.fail("bad-format", `its Vorbis header has ${first.body.length} bytes, and 30 are wanted`);
  const view = viewOf(first.body);
  if (view.getUint32(7, true) !== 0)
    throw reader.fail("unsupported", `its Vorbis header is of version ${view.getUint32(7, true)}, and 0 is read`);
  const channels = view.getUint8(11);
  const sampleRate = view.getUint32(12, true);
  checkShape(reader, channels, sampleRate);
  return {
    info: { format: "Ogg Vorbis", sampleRate, channels, durationSeconds: undefined },
    chunks: vorbisChunks(reader, first, channels),
  };
}

async function* vorbisChunks(reader: ByteReader, first: OggPage, channels: number): AsyncGenerator<Float32Array[]> {
  const { OggVorbisDecoder } = await import("@wasm-audio-decoders/ogg-vorbis");
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const positions: Positions = { first: undefined, last: 0, single: false };
  try {
    await quietly(() => decoder.decode(first.bytes));
    yield* placed(reader, decodedPages(reader, first, decoder, positions), positions, channels);
  } finally {
    decoder.free();
  }
}

/** Decoded pages, each one page late, which is how the decoder works; the last come when it is flushed. */
async function* decodedPages(
  reader: ByteReader,
  first: OggPage,
  decoder: VorbisPages,
  positions: Positions,
): AsyncGenerator<DecodedPackets> {
  for await (const page of pagesAfter(reader, first)) {
    if (page.granule !== undefined && page.granule > 0) {
      positions.single = positions.first === undefined && page.isLast;
      positions.first ??= page.granule;
      positions.last = page.granule;
    }
    yield await quietly(() => decoder.decode(page.bytes));
  }
  yield await quietly(() => decoder.flush());
}

/**
 * Cuts the sound to the positions: the first page may hold more samples than its position says, which are dropped from its beginning, and
 * the last page may, which are dropped from the end.
 */
async function* placed(
  reader: ByteReader,
  pages: AsyncIterable<DecodedPackets>,
  positions: Positions,
  channels: number,
): AsyncGenerator<Float32Array[]> {
  let position: number | undefined;
  for await (const { channelData, samplesDecoded, errors } of pages) {
    if (errors.length > 0)
      throw reader.fail("bad-format", `a Vorbis packet before byte ${reader.position} is damaged (${errors[0].message})`);
    if (samplesDecoded === 0) continue;
    if (channelData.length !== channels)
      throw reader.fail("bad-format", `its Vorbis header declares ${channels} channels, and ${channelData.length} came`);
    position ??= positions.single ? 0 : (positions.first ?? 0) - samplesDecoded;
    const begin = position;
    position += samplesDecoded;
    yield channelData.map((plane) =>
      plane.subarray(Math.max(0, -begin), Math.max(0, Math.max(positions.last, positions.first ?? 0) - begin)),
    );
  }
  if ((position ?? 0) < positions.last) {
    throw reader.fail("bad-format", `${position ?? 0} of ${positions.last} Vorbis samples could be decoded: the file is damaged`);
  }
}
