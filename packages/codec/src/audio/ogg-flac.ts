// FLAC in Ogg: RFC 9639, section 10.1. One frame is one packet.

import { OutOfBits } from "./bit-reader.ts";
import { type ByteReader, viewOf } from "./byte-reader.ts";
import type { DecodedSound } from "./decoded-sound.ts";
import { checkTotal, flacSound, parseStreamInfo } from "./flac.ts";
import { decodeFlacFrame, FlacDamage, type FlacStreamInfo } from "./flac-frame.ts";
import { type OggPage, type OggPages, PacketAssembler } from "./ogg-pages.ts";

/** "\x7fFLAC", version, number of header packets, "fLaC", and the head of the STREAMINFO block. */
const STREAM_INFO_AT = 17;

/**
 * Opens an Ogg FLAC stream; samples come out exactly.
 * @param first the page that holds the header
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openOggFlac(pages: OggPages, first: OggPage): Promise<DecodedSound> {
  const { reader } = pages;
  const stream = parseStreamInfo(reader, first.body.subarray(STREAM_INFO_AT));
  return flacSound(reader, stream, "Ogg FLAC", oggFlacChunks(pages, first, stream));
}

async function* oggFlacChunks(pages: OggPages, first: OggPage, stream: FlacStreamInfo): AsyncGenerator<Float32Array[]> {
  const assembler = new PacketAssembler();
  let count = 0;
  for await (const page of pages.after(first)) {
    for (const packet of assembler.add(pages.reader, page)) {
      if (packet.length < 2 || viewOf(packet).getUint16(0) >> 1 !== 0x7ffc) continue; // comments and other metadata
      const channels = decode(pages.reader, packet, stream);
      count += channels?.[0].length ?? 0;
      if (channels) yield channels;
    }
  }
  checkTotal(pages.reader, stream, count);
}

function decode(reader: ByteReader, packet: Uint8Array, stream: FlacStreamInfo): Float32Array[] | undefined {
  try {
    return decodeFlacFrame(packet, stream).channels;
  } catch (error) {
    if (!(error instanceof FlacDamage || error instanceof OutOfBits)) throw error;
    reader.damage(`a FLAC frame before byte ${reader.position} is damaged: ${error.message}`);
    return undefined;
  }
}
