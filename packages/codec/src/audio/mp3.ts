// MPEG-1, 2 and 2.5 audio, layers I to III. The frames are found and checked here and decoded by libmpg123. Frame header:
// ISO/IEC 11172-3 section 2.4.1.3; the "Xing"/"Info" frame with the encoder's delay and padding:
// http://gabriel.mp3-tech.org/mp3infotag.html

import { joinBytes, joinFloats } from "../join.ts";
import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { type DecodedPackets, quietly } from "./quiet-decoder.ts";

/** One frame header, understood. */
interface FrameHeader {
  /** Bytes of the frame with its header. */
  readonly length: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly layer: number;
  /** Samples per channel in a frame. */
  readonly samples: number;
  readonly bitsPerSecond: number;
  /** Bytes between the header and the main data of layer III. */
  readonly sideInfoBytes: number;
}

/** What the frame that an encoder puts first says. */
interface InfoFrame {
  /** Frames that follow, or undefined. */
  readonly frames: number | undefined;
  /** Samples that the encoder put before the sound. */
  readonly delay: number;
  /** Samples that the encoder put after it. */
  readonly padding: number;
}

/** Samples by which every decoder of layer III is late: 528 of the hybrid filter bank and 1 more. */
const DECODER_DELAY = 529;
/** Frames that are decoded at once: about 0.2 s. */
const FRAMES_PER_BATCH = 8;
/** Junk that may stand between an ID3 tag and the first frame. */
const SEARCH_BYTES = 65_536;
/** A frame has at most 2881 bytes (layer II at 384 kbit/s and 16 kHz, padded). */
const MAX_FRAME_BYTES = 2881;

/** kbit/s by index 1 to 14, for MPEG-1 layers I, II, III, then MPEG-2 layer I, and MPEG-2 layers II and III. */
const BIT_RATES: readonly (readonly number[])[] = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

/**
 * Opens an MP3 stream. The samples that the encoder added before and after the sound are taken away where the file says how many they are.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openMp3(reader: ByteReader): Promise<DecodedSound> {
  const start = findFirstFrame(await reader.peek(2 * MAX_FRAME_BYTES)) ?? findFirstFrame(await reader.peek(SEARCH_BYTES));
  if (start === undefined) throw reader.fail("bad-format", `no MPEG audio frame was found in the first ${SEARCH_BYTES} bytes`);
  await reader.skip(start);
  const first = await reader.peek(MAX_FRAME_BYTES);
  const header = parseHeader(first, 0) as FrameHeader;
  checkShape(reader, header.channels, header.sampleRate);
  const info = parseInfoFrame(first.subarray(0, header.length), header);
  if (info) await reader.readExactly(header.length, "the first frame");
  const frames = info?.frames;
  const length =
    frames === undefined ? guessSamples(reader, header) : Math.max(0, frames * header.samples - (info?.delay ?? 0) - (info?.padding ?? 0));
  return {
    info: {
      format: header.layer === 3 ? "MP3" : `MPEG audio, layer ${header.layer}`,
      sampleRate: header.sampleRate,
      channels: header.channels,
      durationSeconds: length === undefined ? undefined : length / header.sampleRate,
    },
    chunks: trimmed(mp3Chunks(reader, header, info), info),
  };
}

/** Samples of a file of constant bit rate, or undefined where the length of the file is not known. */
function guessSamples(reader: ByteReader, header: FrameHeader): number | undefined {
  if (reader.byteLength === undefined) return undefined;
  return Math.round(((reader.byteLength - reader.position) * 8 * header.sampleRate) / header.bitsPerSecond);
}

/** Offset of the first frame that is followed by another of its kind or by the end, or undefined. */
export function findFirstFrame(bytes: Uint8Array): number | undefined {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const header = parseHeader(bytes, at);
    if (!header) continue;
    const next = at + header.length;
    if (next + 4 > bytes.length && at === 0) return at;
    const second = next + 4 <= bytes.length ? parseHeader(bytes, next) : undefined;
    if (second && sameKind(header, second)) return at;
  }
  return undefined;
}

function sameKind(a: FrameHeader, b: FrameHeader): boolean {
  return a.sampleRate === b.sampleRate && a.channels === b.channels && a.layer === b.layer;
}

/** The header at an offset, or undefined when there is none or it is of "free" bit rate. */
function parseHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1] & 0xe0) !== 0xe0) return undefined;
  const version = (bytes[at + 1] >> 3) & 3; // 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1
  const layer = 4 - ((bytes[at + 1] >> 1) & 3);
  const rateIndex = bytes[at + 2] >> 4;
  const frequency = (bytes[at + 2] >> 2) & 3;
  if (version === 1 || layer === 4 || rateIndex === 0 || rateIndex === 15 || frequency === 3 || (bytes[at + 3] & 3) === 2) return undefined;
  const row = version === 3 ? layer - 1 : layer === 1 ? 3 : 4;
  const bitsPerSecond = BIT_RATES[row][rateIndex - 1] * 1000;
  const sampleRate = SAMPLE_RATES[frequency] >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const padding = (bytes[at + 2] >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const length =
    layer === 1
      ? (Math.floor((12 * bitsPerSecond) / sampleRate) + padding) * 4
      : Math.floor(((samples / 8) * bitsPerSecond) / sampleRate) + padding;
  const channels = bytes[at + 3] >> 6 === 3 ? 1 : 2;
  const sideInfoBytes = version === 3 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  return { length, sampleRate, channels, layer, samples, bitsPerSecond, sideInfoBytes };
}

/** The encoder's information frame, which holds no sound; undefined when the first frame is an ordinary one. */
function parseInfoFrame(frame: Uint8Array, header: FrameHeader): InfoFrame | undefined {
  if (header.layer !== 3) return undefined;
  const at = 4 + header.sideInfoBytes;
  const view = viewOf(frame);
  if (frame.length >= 36 + 18 && fourCC(frame, 36) === "VBRI") return { frames: view.getUint32(36 + 14), delay: 0, padding: 0 };
  if (frame.length < at + 8 || !["Xing", "Info"].includes(fourCC(frame, at))) return undefined;
  const flags = view.getUint32(at + 4);
  const frames = flags & 1 && frame.length >= at + 12 ? view.getUint32(at + 8) : undefined;
  const tag = at + 8 + (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (frame.length < tag + 24 || frame[tag] === 0) return { frames, delay: 0, padding: 0 };
  const delays = (frame[tag + 21] << 16) | (frame[tag + 22] << 8) | frame[tag + 23];
  return { frames, delay: delays >> 12, padding: delays & 0xfff };
}

/** Decoded frames as they are, with the delays still in. */
async function* mp3Chunks(reader: ByteReader, header: FrameHeader, info: InfoFrame | undefined): AsyncGenerator<Float32Array[]> {
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  try {
    let count = 0;
    for (;;) {
      const batch = await readFrames(reader, header);
      if (batch.length === 0) break;
      count += batch.length;
      yield decodeBatch(reader, decoder, batch, header);
    }
    if (info?.frames !== undefined && count < info.frames) {
      throw reader.fail("bad-format", `the file is cut short: ${count} of ${info.frames} MP3 frames are there; get the whole file`);
    }
  } finally {
    decoder.free();
  }
}

function decodeBatch(
  reader: ByteReader,
  decoder: { decode(bytes: Uint8Array): DecodedPackets },
  batch: readonly Uint8Array[],
  header: FrameHeader,
): Float32Array[] {
  const bytes = joinBytes(batch);
  const decoded = quietly(() => decoder.decode(bytes));
  const problem = decoded.errors[0]?.message;
  if (problem !== undefined) throw reader.fail("bad-format", `an MP3 frame before byte ${reader.position} is damaged (${problem})`);
  return decoded.channelData.slice(0, header.channels); // mono comes out twice
}

/** Some frames, or none at the end. Copies, for the reader's views do not last. */
async function readFrames(reader: ByteReader, first: FrameHeader): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  while (frames.length < FRAMES_PER_BATCH) {
    const head = await reader.peek(4);
    const header = parseHeader(head, 0);
    if (!header) {
      if (await skipTag(reader)) continue;
      break;
    }
    if (!sameKind(header, first))
      throw reader.fail("unsupported", `the MP3 changes its rate or channels at byte ${reader.position}; convert it to WAV first`);
    frames.push((await reader.readExactly(header.length, `the MP3 frame at byte ${reader.position}`)).slice());
  }
  return frames;
}

/**
 * Skips what may stand where a frame was expected: ID3v2, zeros, and the tags at the end. Returns whether to go on.
 * @throws CodecError `bad-format` for anything else
 */
async function skipTag(reader: ByteReader): Promise<boolean> {
  const head = await reader.peek(10);
  if (head.length === 0) return false;
  const magic = String.fromCharCode(...head.subarray(0, 8));
  if (magic.startsWith("TAG") || magic.startsWith("APETAGEX") || magic === "LYRICSBE") {
    await reader.skip(Number.POSITIVE_INFINITY);
    return false;
  }
  if (magic.startsWith("ID3") && head.length === 10) {
    const size = ((head[6] & 127) << 21) | ((head[7] & 127) << 14) | ((head[8] & 127) << 7) | (head[9] & 127);
    return (await reader.skip(10 + size)) > 0;
  }
  if (head[0] === 0) return skipZeros(reader);
  throw reader.fail("bad-format", `no MP3 frame stands at byte ${reader.position}, where one is due: the file is damaged`);
}

/** Skips some of the zeros that stand here. */
async function skipZeros(reader: ByteReader): Promise<boolean> {
  const bytes = await reader.peek(MAX_FRAME_BYTES);
  const other = bytes.findIndex((byte) => byte !== 0);
  return (await reader.skip(other < 0 ? bytes.length : other)) > 0;
}

/** Takes the encoder's and decoder's delay off the beginning, and the padding off the end. */
async function* trimmed(chunks: AsyncIterable<Float32Array[]>, info: InfoFrame | undefined): AsyncGenerator<Float32Array[]> {
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
}
