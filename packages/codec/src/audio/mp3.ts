// MPEG-1, 2 and 2.5 audio, layers I to III. The frames are found here and decoded by libmpg123. The
// "Xing"/"Info" frame with the encoder's delay and padding:
// http://gabriel.mp3-tech.org/mp3infotag.html

import { joinBytes, joinFloats } from "../bytes/join.ts";
import { CodecError, messageOf } from "../errors.ts";
import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { type Mp3Frame, Mp3Frames } from "./mp3-frames.ts";
import { findFirstFrame, type FrameHeader, freeLength, MAX_FRAME_BYTES, parseHeader, sameKind } from "./mp3-header.ts";
import { type DecodedPackets, quietly } from "./quiet-decoder.ts";
import { reshaped, type SoundShape } from "./sound-shape.ts";

/** What the frame that an encoder puts first says. */
interface InfoFrame {
  /** Frames that follow, or undefined. */
  readonly frames: number | undefined;
  /** Bytes of all frames, or undefined. */
  readonly bytes: number | undefined;
  /** Samples that the encoder put before the sound. */
  readonly delay: number;
  /** Samples that the encoder put after it. */
  readonly padding: number;
}

/**
 * Samples by which every decoder of layer III is late: 528 of the hybrid filter bank and 1 more.
 */
const DECODER_DELAY = 529;
/** Frames that are decoded at once: about 0.2 s. */
const FRAMES_PER_BATCH = 8;
/** Junk that may stand before the first frame. */
const SEARCH_BYTES = 65_536;
/** Lowest bit rates of MPEG-1 and of MPEG-2, bit/s. */
const LOWEST_RATES = [32_000, 8000];

/**
 * Opens an MP3 stream. The samples that the encoder added before and after the sound are taken away
 * where the file says how many they are. Where rate or channels change on the way, what follows is
 * brought to those of the beginning.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openMp3(reader: ByteReader): Promise<DecodedSound> {
  const start = findFirstFrame(await reader.peek(4 * MAX_FRAME_BYTES), 3) ?? findFirstFrame(await reader.peek(SEARCH_BYTES), 3);
  const found = start ?? findFirstFrame(await reader.peek(SEARCH_BYTES));
  if (found === undefined) throw reader.fail("bad-format", `no MPEG audio frame was found in the first ${SEARCH_BYTES} bytes`);
  await reader.skip(found);
  const first = await reader.peek(4 * MAX_FRAME_BYTES);
  const header = parseHeader(first, 0) as FrameHeader;
  checkShape(reader, header.channels, header.sampleRate);
  const firstBytes = header.length || (freeLength(first, 0, header) ?? 0) + header.paddingBytes;
  const info = parseInfoFrame(first.subarray(0, firstBytes), header);
  if (info) await reader.readExactly(firstBytes, "the first frame");
  const length = declaredSamples(reader, header, info);
  const count = { frames: 0 };
  return {
    info: {
      format: header.layer === 3 ? "MP3" : `MPEG audio, layer ${header.layer}`,
      sampleRate: header.sampleRate,
      channels: header.channels,
      durationSeconds: length === undefined ? undefined : length / header.sampleRate,
    },
    chunks: trimmed(mp3Chunks(reader, header, info, count), info, count),
  };
}

function leastFrameBytes({ sampleRate, samples }: FrameHeader): number {
  return Math.floor(((samples / 8) * LOWEST_RATES[sampleRate >= 32_000 ? 0 : 1]) / sampleRate);
}

/**
 * Samples of the file as it declares them, where that can be true; of a file of constant bit rate
 * by its length.
 */
function declaredSamples(reader: ByteReader, header: FrameHeader, info: InfoFrame | undefined): number | undefined {
  const { remaining } = reader;
  const frames = info?.frames;
  if (frames !== undefined) {
    const isRight =
      remaining === undefined ||
      (frames * leastFrameBytes(header) <= remaining &&
        frames * MAX_FRAME_BYTES >= remaining &&
        (info?.bytes === undefined || Math.abs(info.bytes - remaining) <= remaining / 10 + MAX_FRAME_BYTES));
    return isRight ? Math.max(0, frames * header.samples - (info?.delay ?? 0) - (info?.padding ?? 0)) : undefined;
  }
  if (remaining === undefined || header.bitsPerSecond === 0) return undefined;
  return Math.round((remaining * 8 * header.sampleRate) / header.bitsPerSecond);
}

/**
 * The encoder's information frame, which holds no sound; undefined when the first frame is an
 * ordinary one.
 */
function parseInfoFrame(frame: Uint8Array, header: FrameHeader): InfoFrame | undefined {
  if (header.layer !== 3) return undefined;
  const at = 4 + header.sideInfoBytes;
  const view = viewOf(frame);
  if (frame.length >= 36 + 18 && fourCC(frame, 36) === "VBRI")
    return { frames: view.getUint32(36 + 14), bytes: view.getUint32(36 + 10), delay: 0, padding: 0 };
  if (frame.length < at + 8 || !["Xing", "Info"].includes(fourCC(frame, at))) return undefined;
  const flags = view.getUint32(at + 4);
  const frames = flags & 1 && frame.length >= at + 12 ? view.getUint32(at + 8) : undefined;
  const bytesAt = at + 8 + (flags & 1 ? 4 : 0);
  const bytes = flags & 2 && frame.length >= bytesAt + 4 ? view.getUint32(bytesAt) : undefined;
  const tag = at + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (frame.length < tag + 24 || frame[tag] === 0) return { frames, bytes, delay: 0, padding: 0 };
  const delays = (frame[tag + 21] << 16) | (frame[tag + 22] << 8) | frame[tag + 23];
  return { frames, bytes, delay: delays >> 12, padding: delays & 0xfff };
}

/** Decoded frames as they are, with the delays still in. */
async function* mp3Chunks(
  reader: ByteReader,
  first: FrameHeader,
  info: InfoFrame | undefined,
  count: { frames: number },
): AsyncGenerator<Float32Array[]> {
  const frames = new Mp3Frames(reader, first);
  const shape: SoundShape = first;
  let next = await frames.next();
  while (next) {
    const { header } = next;
    const part = { next: next as Mp3Frame | undefined };
    if (!sameKind(header, first)) reader.note(changeOf(header, first, reader.position - next.bytes.length));
    checkShape(reader, header.channels, header.sampleRate);
    yield* reshaped(decodedPart(reader, frames, part, count), header, shape);
    next = part.next;
  }
  const declared = info?.frames;
  if (declared !== undefined && count.frames !== declared)
    reader.note(`its first frame counts ${declared} MP3 frames, and ${count.frames} are there`);
}

function changeOf(header: FrameHeader, first: FrameHeader, at: number): string {
  return `the MP3 goes on at byte ${at} with ${header.channels} channels at ${header.sampleRate} Hz after ${first.channels} at ${first.sampleRate} Hz`;
}

/**
 * Frames of one kind, decoded.
 * @param part its first frame; the one that is of another kind afterwards
 */
async function* decodedPart(
  reader: ByteReader,
  frames: Mp3Frames,
  part: { next: Mp3Frame | undefined },
  count: { frames: number },
): AsyncGenerator<Float32Array[]> {
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const kind = (part.next as Mp3Frame).header;
  try {
    while (part.next && sameKind(part.next.header, kind)) {
      const batch: Uint8Array[] = [];
      while (part.next && sameKind(part.next.header, kind) && batch.length < FRAMES_PER_BATCH) {
        batch.push(part.next.bytes);
        part.next = await frames.next();
      }
      count.frames += batch.length;
      yield decodeBatch(reader, decoder, joinBytes(batch), kind);
    }
  } finally {
    decoder.free();
  }
}

function decodeBatch(
  reader: ByteReader,
  decoder: { decode(bytes: Uint8Array): DecodedPackets },
  bytes: Uint8Array,
  kind: FrameHeader,
): Float32Array[] {
  const nothing = Array.from({ length: kind.channels }, () => new Float32Array(0));
  try {
    const decoded = quietly(() => decoder.decode(bytes));
    const problem = decoded.errors[0]?.message;
    if (problem !== undefined) reader.damage(`an MP3 frame before byte ${reader.position} is damaged (${problem})`);
    return decoded.channelData.length > 0 ? decoded.channelData.slice(0, kind.channels) : nothing; // mono comes out twice
  } catch (error) {
    if (error instanceof CodecError) throw error;
    reader.damage(`MP3 frames before byte ${reader.position} are damaged (${messageOf(error)})`);
    return nothing;
  }
}

/** Takes the encoder's and decoder's delay off the beginning, and the padding off the end. */
async function* trimmed(
  chunks: AsyncIterable<Float32Array[]>,
  info: InfoFrame | undefined,
  count: { readonly frames: number },
): AsyncGenerator<Float32Array[]> {
  const known = info !== undefined && (info.delay > 0 || info.padding > 0);
  let skip = known ? info.delay + DECODER_DELAY : 0;
  const keepBack = known ? Math.max(0, info.padding - DECODER_DELAY) : 0;
  let held: Float32Array[] | undefined;
  for await (const chunk of chunks) {
    const rest = chunk.map((channel) => channel.subarray(skip));
    skip = Math.max(0, skip - chunk[0].length);
    const all = held ? rest.map((channel, i) => joinFloats([(held as Float32Array[])[i], channel])) : rest;
    const ready = Math.max(0, all[0].length - keepBack);
    held = all.map((channel) => channel.subarray(ready));
    if (ready > 0) yield all.map((channel) => channel.subarray(0, ready));
  }
  const isCut = info?.frames !== undefined && count.frames < info.frames - 1; // an encoder that counts its own first frame is met too
  if (held && isCut) yield held; // what was padding is sound
}
