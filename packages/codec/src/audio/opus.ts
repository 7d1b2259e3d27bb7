// Opus in Ogg: RFC 7845. Decoded by libopus at 48 kHz.

import { type ByteReader, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { type OggPage, type OggPages, PacketAssembler } from "./ogg-pages.ts";
import { type DecodedPackets, quietly } from "./quiet-decoder.ts";

/** Opus always decodes at this rate, whatever was recorded, Hz. */
const OPUS_RATE = 48_000;
/** The largest packet that the decoder takes per channel: 120 ms at 256 kbit/s. */
const MAX_PACKET_BYTES_PER_CHANNEL = 3840;

interface OpusHead {
  readonly channels: number;
  /** Samples at the beginning that are not sound. */
  readonly preSkip: number;
  /** Factor for every sample. */
  readonly gain: number;
  readonly streamCount: number;
  readonly coupledStreamCount: number;
  /** For each channel the decoded channel it comes from. */
  readonly mapping: readonly number[];
}

interface OpusPackets {
  decodeFrames(packets: Uint8Array[]): DecodedPackets;
}

/**
 * Opens an Ogg Opus stream; what the encoder added before and after the sound is taken away.
 * @param first the page that holds the header
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openOpus(pages: OggPages, first: OggPage): Promise<DecodedSound> {
  const head = parseHead(pages.reader, first.body);
  const info = { format: "Ogg Opus", sampleRate: OPUS_RATE, channels: head.channels, durationSeconds: undefined };
  return { info, chunks: opusChunks(pages, first, head) };
}

function parseHead(reader: ByteReader, packet: Uint8Array): OpusHead {
  if (packet.length < 19) throw reader.fail("bad-format", `its Opus header has ${packet.length} bytes, and 19 are the least`);
  const view = viewOf(packet);
  if (packet[8] >> 4 !== 0) throw reader.fail("unsupported", `its Opus header is of version ${packet[8]}, and 1 is read`);
  const channels = packet[9];
  checkShape(reader, channels, OPUS_RATE);
  const common = { channels, preSkip: view.getUint16(10, true), gain: 10 ** (view.getInt16(16, true) / 256 / 20) };
  if (packet[18] === 0) {
    if (channels > 2) throw reader.fail("bad-format", `its Opus header declares ${channels} channels where 2 are the most`);
    return { ...common, streamCount: 1, coupledStreamCount: channels - 1, mapping: [0, 1].slice(0, channels) };
  }
  if (packet.length < 21 + channels)
    throw reader.fail("bad-format", `its Opus header has ${packet.length} bytes, and ${21 + channels} are wanted`);
  const [streamCount, coupledStreamCount, ...mapping] = packet.subarray(19, 21 + channels);
  const decoded = streamCount + coupledStreamCount;
  if (streamCount === 0 || coupledStreamCount > streamCount || decoded > 255 || mapping.some((from) => from >= decoded && from !== 255)) {
    throw reader.fail("bad-format", "its Opus header maps channels to streams that are not there");
  }
  return { ...common, streamCount, coupledStreamCount, mapping };
}

async function* opusChunks(pages: OggPages, first: OggPage, head: OpusHead): AsyncGenerator<Float32Array[]> {
  const { OpusDecoder } = await import("opus-decoder");
  const { channels, streamCount, coupledStreamCount, mapping } = head;
  const decoder = new OpusDecoder({ channels, streamCount, coupledStreamCount, channelMappingTable: [...mapping], preSkip: 0 });
  await decoder.ready;
  try {
    const assembler = new PacketAssembler();
    let end = 0; // samples decoded so far
    let start: number | undefined; // position of the first of them
    let sawTags = false;
    for await (const page of pages.after(first)) {
      const packets = assembler.add(pages.reader, page);
      if (!sawTags && packets.length > 0) sawTags = packets.shift() !== undefined;
      const planes = decodePackets(pages.reader, decoder, packets, head);
      const begin = end;
      end += planes[0].length;
      if (start === undefined && planes[0].length > 0 && page.granule !== undefined) start = Math.max(0, page.granule - end);
      const last = page.isLast ? lastSample(pages.reader, { granule: page.granule, start, begin, end }) : end;
      yield planes.map((plane) => plane.subarray(Math.max(0, head.preSkip - begin), Math.max(0, last - begin)));
    }
  } finally {
    decoder.free();
  }
}

interface LastPage {
  readonly granule: number | undefined;
  readonly start: number | undefined;
  readonly begin: number;
  readonly end: number;
}

/**
 * Where the sound ends by the position of the last page: inside of that page, or else the position
 * is wrong.
 */
function lastSample(reader: ByteReader, { granule, start = 0, begin, end }: LastPage): number {
  if (granule === undefined || granule - start >= end || end === begin) return end;
  if (granule - start >= begin) return granule - start;
  reader.note(`the position ${granule} of its last Ogg page lies before that page`);
  return end;
}

function decodePackets(reader: ByteReader, decoder: OpusPackets, packets: Uint8Array[], head: OpusHead): Float32Array[] {
  const isUsable = (packet: Uint8Array): boolean => packet.length > 0 && packet.length <= MAX_PACKET_BYTES_PER_CHANNEL * head.channels;
  const usable = packets.filter(isUsable);
  if (packets.some((packet) => packet.length > 0 && !isUsable(packet)))
    reader.damage(`an Opus packet before byte ${reader.position} is too long`);
  else if (usable.length < packets.length) reader.note(`an Opus packet before byte ${reader.position} is empty`);
  const decoded = quietly(() => decoder.decodeFrames(usable));
  const problem = decoded.errors[0]?.message;
  if (problem !== undefined) reader.damage(`an Opus packet before byte ${reader.position} is damaged (${problem})`);
  if (decoded.channelData.length === 0) return Array.from({ length: head.channels }, () => new Float32Array(0));
  if (head.gain !== 1) for (const plane of decoded.channelData) for (let i = 0; i < plane.length; i++) plane[i] *= head.gain;
  return decoded.channelData;
}
