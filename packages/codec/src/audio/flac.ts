// FLAC, RFC 9639. Decoded here and not by a library: the wasm ports print to the console, scale by 1/32767, drop what is damaged without
// a word, and carry LGPL code; a decoder that is exact at every depth and checks each frame is short.

import { OutOfBits } from "./bit-reader.ts";
import { type ByteReader, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { decodeFlacFrame, FlacDamage, type FlacFrame, type FlacStreamInfo } from "./flac-frame.ts";

/** Bytes to look at first for a frame of unknown size: more than a usual frame of 4096 stereo samples. */
const USUAL_FRAME_BYTES = 32_768;
/** No encoder makes larger frames: 65535 samples of 8 channels in 32 bits have 2 MiB. */
const MAX_FRAME_BYTES = 1 << 22;

/**
 * Opens a FLAC stream of 4 to 32 bits; samples come out exactly.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openFlac(reader: ByteReader): Promise<DecodedSound> {
  await reader.skip(4);
  const stream = await readMetadata(reader);
  return flacSound(reader, stream, "FLAC", flacChunks(reader, stream));
}

/** The facts of a STREAMINFO block beside the samples, wherever they come from. */
export function flacSound(reader: ByteReader, stream: FlacStreamInfo, name: string, chunks: AsyncIterable<Float32Array[]>): DecodedSound {
  const { sampleRate, channels, bitsPerSample, totalSamples } = stream;
  checkShape(reader, channels, sampleRate);
  const durationSeconds = totalSamples === 0 ? undefined : totalSamples / sampleRate;
  return { info: { format: `${name}, ${bitsPerSample}-bit`, sampleRate, channels, durationSeconds }, chunks };
}

async function readMetadata(reader: ByteReader): Promise<FlacStreamInfo> {
  let stream: FlacStreamInfo | undefined;
  for (let last = false; !last; ) {
    const head = viewOf(await reader.readExactly(4, "a FLAC metadata block")).getUint32(0);
    const type = (head >>> 24) & 127;
    const size = head & 0xffffff;
    last = head >>> 31 === 1;
    if (!stream && type !== 0) throw reader.fail("bad-format", "its first FLAC metadata block is not STREAMINFO");
    if (stream) {
      const skipped = await reader.skip(size);
      if (skipped < size) throw reader.cutShort("a FLAC metadata block", skipped, size);
    } else stream = parseStreamInfo(reader, await reader.readExactly(Math.min(size, 34), "the STREAMINFO block"));
  }
  return stream as FlacStreamInfo;
}

/**
 * Understands a STREAMINFO block (RFC 9639, section 8.2).
 * @throws CodecError `bad-format` when it is not of 34 bytes
 */
export function parseStreamInfo(reader: ByteReader, block: Uint8Array): FlacStreamInfo {
  if (block.length !== 34) throw reader.fail("bad-format", `its STREAMINFO block has ${block.length} bytes, and 34 are wanted`);
  const view = viewOf(block);
  const packed = view.getUint32(10);
  return {
    maxFrameBytes: view.getUint32(6) & 0xffffff,
    sampleRate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    totalSamples: (packed & 15) * 2 ** 32 + view.getUint32(14),
  };
}

async function* flacChunks(reader: ByteReader, stream: FlacStreamInfo): AsyncGenerator<Float32Array[]> {
  let count = 0;
  while (stream.totalSamples === 0 || count < stream.totalSamples) {
    const head = await reader.peek(3);
    if (head.length === 0 || (stream.totalSamples === 0 && String.fromCharCode(...head) === "TAG")) break;
    const frame = await readFrame(reader, stream);
    count += frame.channels[0].length;
    if (stream.totalSamples > 0 && count > stream.totalSamples)
      throw reader.fail("bad-format", `its STREAMINFO block counts ${stream.totalSamples} samples, and ${count} came: the file is damaged`);
    yield frame.channels;
  }
  if (count < stream.totalSamples)
    throw reader.fail("bad-format", `the file is cut short: ${count} of ${stream.totalSamples} samples are there; get the whole file`);
}

/** Decodes from as many bytes as frames usually have, and from more when those do not suffice. */
async function readFrame(reader: ByteReader, stream: FlacStreamInfo): Promise<FlacFrame> {
  for (let size = stream.maxFrameBytes > 0 ? Math.min(stream.maxFrameBytes, USUAL_FRAME_BYTES * 8) : USUAL_FRAME_BYTES; ; size *= 4) {
    const bytes = await reader.peek(size);
    try {
      const frame = decodeFlacFrame(bytes, stream);
      await reader.skip(frame.byteLength);
      return frame;
    } catch (error) {
      if (error instanceof FlacDamage) throw damaged(reader, error);
      if (!(error instanceof OutOfBits)) throw error;
      if (bytes.length < size)
        throw reader.fail("bad-format", `the FLAC frame at byte ${reader.position} is cut short; get the whole file`);
      if (size > MAX_FRAME_BYTES) throw reader.fail("bad-format", `the FLAC frame at byte ${reader.position} is longer than any can be`);
    }
  }
}

function damaged(reader: ByteReader, error: FlacDamage): Error {
  return reader.fail("bad-format", `the FLAC frame at byte ${reader.position} is damaged: ${error.message}`, error);
}
