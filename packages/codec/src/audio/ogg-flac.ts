// FLAC in Ogg: RFC 9639, section 10.1. One frame is one packet.

import { OutOfBits } from "./bit-reader.ts";
import { type ByteReader, viewOf } from "./byte-reader.ts";
import type { DecodedSound } from "./decoded-sound.ts";
import { flacSound, parseStreamInfo } from "./flac.ts";
import { decodeFlacFrame, FlacDamage, type FlacStreamInfo } from "./flac-frame.ts";
import { type OggPage, PacketAssembler, pagesAfter } from "./ogg-pages.ts";

/** "\x7fFLAC", version, number of header packets, "fLaC", and the head of the STREAMINFO block. */
const STREAM_INFO_AT = 17;

/**
 * Opens an Ogg FLAC stream; samples come out exactly.
 * @param first the page that holds the header
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openOggFlac(reader: ByteReader, first: OggPage): Promise<DecodedSound> {
  const stream = parseStreamInfo(reader, first.body.subarray(STREAM_INFO_AT));
  return flacSound(reader, stream, "Ogg FLAC", oggFlacChunks(reader, first, stream));
}

async function* oggFlacChunks(reader: ByteReader, first: OggPage, stream: FlacStreamInfo): AsyncGenerator<Float32Array[]> {
  const assembler = new PacketAssembler();
  let count = 0;
  for await (const page of pagesAfter(reader, first)) {
    for (const packet of assembler.add(reader, page)) {
      if (packet.length < 2 || viewOf(packet).getUint16(0) >> 1 !== 0x7ffc) continue; // comments and other metadata
      const channels = decode(reader, packet, stream);
      count += channels[0].length;
      if (stream.totalSamples > 0 && count > stream.totalSamples)
        throw reader.fail("bad-format", `its header counts ${stream.totalSamples} FLAC samples, and ${count} came: the file is damaged`);
      yield channels;
    }
  }
  if (count < stream.totalSamples)
    throw reader.fail("bad-format", `${count} of ${stream.totalSamples} FLAC samples are there; get the whole file`);
}

function decode(reader: ByteReader, packet: Uint8Array, stream: FlacStreamInfo): Float32Array[] {
  try {
    return decodeFlacFrame(packet, stream).channels;
  } catch (error) {
    if (!(error instanceof FlacDamage || error instanceof OutOfBits)) throw error;
    throw reader.fail("bad-format", `a FLAC frame before byte ${reader.position} is damaged: ${error.message}`, error);
  }
}
