// FLAC, RFC 9639. Decoded here and not by a library: the wasm ports print to the console, scale by
// 1/32767, drop what is damaged without a word, and carry LGPL code; a decoder that is exact at
// every depth and checks each frame is short.

import { OutOfBits } from "./bit-reader.ts";
import { type ByteReader, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { decodeFlacFrame, FlacDamage, type FlacFrame, type FlacStreamInfo } from "./flac-frame.ts";

/**
 * Bytes to look at first for a frame of unknown size: more than a usual frame of 4096 stereo
 * samples.
 */
const USUAL_FRAME_BYTES = 32_768;
/** No encoder makes larger frames: 65535 samples of 8 channels in 32 bits have 2 MiB. */
const MAX_FRAME_BYTES = 1 << 22;
/** Places in one hole where a frame seems to begin and none does; more of them are no accident. */
const MAX_TRIES = 1000;
/** A frame has at least so many bytes (silence in one channel), */
const LEAST_FRAME_BYTES = 10;
/**
 * and encoders make frames of at most so many samples: a declared length beyond is that of a file
 * which was written to a pipe.
 */
const LARGEST_BLOCK = 8192;

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
  const couldBe =
    totalSamples > 0 && (reader.remaining === undefined || totalSamples <= (reader.remaining / LEAST_FRAME_BYTES) * LARGEST_BLOCK);
  const durationSeconds = couldBe ? totalSamples / sampleRate : undefined;
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
  for (;;) {
    const head = await reader.peek(8);
    if (head.length === 0 || /^(TAG|APETAGEX|ID3)/.test(String.fromCharCode(...head))) break;
    const frame = await readFrame(reader, stream);
    if (typeof frame === "string") {
      if (!(await goOn(reader, stream, frame, count))) break;
      continue;
    }
    count += frame.channels[0].length;
    yield frame.channels;
  }
  checkTotal(reader, stream, count);
}

/**
 * Compares the samples with those that the header counts.
 * @throws CodecError `bad-format` for a difference where reading is strict
 */
export function checkTotal(reader: ByteReader, { totalSamples }: FlacStreamInfo, count: number): void {
  if (totalSamples > 0 && count !== totalSamples)
    reader.note(`its STREAMINFO block counts ${totalSamples} samples, and ${count} are there`);
}

/**
 * Skips what is no frame up to the next one. Returns whether there is one.
 * @throws CodecError `bad-format` when no frame was found at all
 */
async function goOn(reader: ByteReader, stream: FlacStreamInfo, problem: string, count: number): Promise<boolean> {
  const at = reader.position;
  const isFound = await findFrame(reader, stream);
  if (count === 0 && !isFound) throw reader.fail("bad-format", problem);
  if (count === stream.totalSamples && !isFound) return false; // what follows the sound is no sound
  if (isFound) reader.damage(`${problem}; ${reader.position - at} bytes were left out`);
  else reader.note(problem);
  return isFound;
}

/** Consumes bytes up to the next whole frame. At the end of the source there is none. */
async function findFrame(reader: ByteReader, stream: FlacStreamInfo): Promise<boolean> {
  await reader.skip(1);
  for (let tries = 0; tries < MAX_TRIES; ) {
    const ahead = await reader.peek(USUAL_FRAME_BYTES);
    if (ahead.length < 2) return false;
    const at = ahead.findIndex((byte, i) => byte === 0xff && (ahead[i + 1] & 0xfe) === 0xf8);
    await reader.skip(at < 0 ? ahead.length - (ahead.length < USUAL_FRAME_BYTES ? 0 : 1) : at);
    if (at < 0) continue;
    if (typeof (await readFrame(reader, stream, false)) !== "string") return true;
    tries++;
    await reader.skip(1);
  }
  throw reader.fail("bad-format", "too much of it is damaged");
}

/**
 * Decodes from as many bytes as frames usually have, and from more when those do not suffice. Text
 * tells what is wrong with the frame.
 */
async function readFrame(reader: ByteReader, stream: FlacStreamInfo, consume = true): Promise<FlacFrame | string> {
  for (let size = USUAL_FRAME_BYTES; ; size *= 4) {
    const bytes = await reader.peek(size);
    try {
      const frame = decodeFlacFrame(bytes, stream);
      if (consume) await reader.skip(frame.byteLength);
      return frame;
    } catch (error) {
      if (error instanceof FlacDamage) return `the FLAC frame at byte ${reader.position} is damaged: ${error.message}`;
      if (!(error instanceof OutOfBits)) throw error;
      if (bytes.length < size) return `the file is cut short: so is the FLAC frame at byte ${reader.position}`;
      if (size > MAX_FRAME_BYTES) return `the FLAC frame at byte ${reader.position} is longer than any can be`;
    }
  }
}
