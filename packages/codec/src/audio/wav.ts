// RIFF WAVE: Microsoft "Multimedia Programming Interface and Data Specifications 1.0" and "New
// Multimedia Data Types" (1994); RF64 and ds64: EBU Tech 3306. Sizes of a file that was written to
// a pipe are not known to its writer: such files carry 0, 0xFFFFFFFF or a little less than 2 or 4
// GiB, and their sound goes on to the end of the file.

import { imaAdpcm, msAdpcm } from "./adpcm.ts";
import { adpcmChunks } from "./adpcm-chunks.ts";
import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";
import type { CodecError } from "../errors.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { pcmChunks } from "./pcm-chunks.ts";
import { SAMPLE_BYTES, SAMPLE_NAMES, type SampleFormat } from "./sample-format.ts";

const FORMAT_PCM = 1;
const FORMAT_MS_ADPCM = 2;
const FORMAT_FLOAT = 3;
const FORMAT_A_LAW = 6;
const FORMAT_MU_LAW = 7;
const FORMAT_IMA_ADPCM = 0x11;
const FORMAT_EXTENSIBLE = 0xfffe;

/** Names of codecs that are met in WAV files and not read here, for messages. */
const OTHER_CODECS: Readonly<Record<number, string>> = {
  0x10: "OKI ADPCM",
  0x14: "G.723 ADPCM",
  0x17: "Dialogic ADPCM",
  0x20: "Yamaha ADPCM",
  0x22: "TrueSpeech",
  0x31: "GSM 6.10",
  0x40: "G.721 ADPCM",
  0x42: "G.723.1",
  0x45: "G.726",
  0x50: "MPEG audio",
  0x55: "MP3",
  0x64: "G.726",
  0x65: "G.722",
  0x83: "G.729",
  0xff: "AAC",
  0x111: "G.723.1",
  0x160: "WMA",
  0x161: "WMA",
  0x162: "WMA",
  0x28f: "G.722",
  0x1600: "AAC",
  0x1602: "AAC",
  0x2000: "AC-3",
  0x674f: "Vorbis",
  0xf1ac: "FLAC",
};

/** Bytes 2 to 15 of the sub-format of WAVE_FORMAT_EXTENSIBLE (KSDATAFORMAT_SUBTYPE_*). */
const SUBTYPE_TAIL = "0000000010008000" + "00aa00389b71";
/** A `fmt ` chunk holds 16 to 40 bytes, and 50 or so with the coefficients of MS ADPCM. */
const MAX_FMT_BYTES = 4096;
/** Bytes that are searched at once. */
const SEARCH_BYTES = 8192;

interface WavFormat {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bytesPerSecond: number;
  readonly blockAlign: number;
  readonly bitsPerSample: number;
  /** What follows the 16 fixed bytes and the length of the extension. */
  readonly extension: Uint8Array;
}

interface WavHeader {
  readonly container: string;
  /** False for RIFX, RIFF in the byte order of other processors. */
  readonly littleEndian: boolean;
  readonly format: WavFormat;
  /** Bytes of sound, or undefined for a streamed file. */
  readonly dataBytes: number | undefined;
  /** Sample count of the `fact` chunk, if there is one. */
  readonly factSamples: number | undefined;
}

/**
 * Opens a WAV stream: 8 to 32-bit integers, 32 and 64-bit floats, A-law, mu-law, IMA and MS ADPCM,
 * extensible, RF64, RIFX, streamed sizes.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openWav(reader: ByteReader): Promise<DecodedSound> {
  const header = await readHeader(reader);
  const { tag, channels, sampleRate } = header.format;
  if (!isRead(tag)) throw otherCodec(reader, header.format);
  checkShape(reader, channels, sampleRate);
  if (tag === FORMAT_IMA_ADPCM || tag === FORMAT_MS_ADPCM) return openAdpcm(reader, header);
  const format = sampleFormat(reader, header.format);
  const bytes = soundBytesHere(reader, header.dataBytes);
  const frames = bytes === undefined ? undefined : Math.floor(bytes / (SAMPLE_BYTES[format] * channels));
  const { container, littleEndian } = header;
  return {
    info: { format: `${container}, ${SAMPLE_NAMES[format]}`, sampleRate, channels, durationSeconds: seconds(frames, sampleRate) },
    lengthIsSure: reader.byteLength !== undefined,
    chunks: pcmChunks(reader, { format, channels, littleEndian, byteCount: header.dataBytes, what: "the data chunk" }),
  };
}

/** Bytes of sound that can be there: what is declared, but no more than the source has left. */
function soundBytesHere(reader: ByteReader, declared: number | undefined): number | undefined {
  if (reader.remaining === undefined) return declared;
  return Math.min(declared ?? Number.POSITIVE_INFINITY, reader.remaining);
}

function openAdpcm(reader: ByteReader, header: WavHeader): DecodedSound {
  const { tag, channels, sampleRate, blockAlign, extension } = header.format;
  if (!header.littleEndian)
    throw reader.fail("unsupported", "it is ADPCM in RIFX, which no known program writes; convert it to 16-bit PCM");
  const codec = tag === FORMAT_IMA_ADPCM ? imaAdpcm(channels, blockAlign) : msAdpcm(channels, blockAlign, extension);
  if (typeof codec === "string") throw reader.fail("bad-format", codec);
  const bytes = soundBytesHere(reader, header.dataBytes);
  const whole = bytes === undefined ? undefined : Math.ceil(bytes / blockAlign) * codec.samplesPerBlock;
  const fact = header.factSamples;
  const isTrim = whole !== undefined && fact !== undefined && fact <= whole && fact > whole - codec.samplesPerBlock; // of the last block
  const frames = isTrim && header.dataBytes !== undefined ? fact : whole;
  return {
    info: { format: `${header.container}, ${codec.name}`, sampleRate, channels, durationSeconds: seconds(frames, sampleRate) },
    lengthIsSure: reader.byteLength !== undefined,
    chunks: adpcmChunks(reader, codec, {
      blockAlign,
      byteCount: header.dataBytes,
      sampleCount: isTrim && header.dataBytes !== undefined ? fact : undefined,
    }),
  };
}

function seconds(frames: number | undefined, sampleRate: number): number | undefined {
  return frames === undefined ? undefined : frames / sampleRate;
}

const CONTAINERS: Readonly<Record<string, string>> = { RIFF: "WAV", RIFX: "WAV (RIFX)" };

async function readHeader(reader: ByteReader): Promise<WavHeader> {
  const riff = await reader.readExactly(12, "the RIFF header");
  const container = CONTAINERS[fourCC(riff, 0)] ?? "RF64";
  const littleEndian = fourCC(riff, 0) !== "RIFX";
  const riffBytes = viewOf(riff).getUint32(4, littleEndian);
  if (fourCC(riff, 8) !== "WAVE") throw reader.fail("unsupported", `it is a RIFF file of kind "${fourCC(riff, 8)}", not a WAVE file`);
  let format: WavFormat | undefined;
  let factSamples: number | undefined;
  let longDataBytes: number | undefined;
  for (;;) {
    const { id, size } = await readChunkHeader(reader, format !== undefined, littleEndian);
    if (id === "data") {
      if (!format) throw reader.fail("bad-format", 'the "data" chunk comes before a "fmt " chunk, so its samples cannot be understood');
      return { container, littleEndian, format, factSamples, dataBytes: await soundBytes(reader, size, riffBytes, longDataBytes) };
    }
    if (id === "fmt ") format = parseFormat(reader, await readBody(reader, id, size), littleEndian);
    else if (id === "ds64") longDataBytes = parseLongSize(reader, await readBody(reader, id, size));
    else if (id === "fact" && size >= 4 && size <= MAX_FMT_BYTES)
      factSamples = viewOf(await readBody(reader, id, size)).getUint32(0, littleEndian);
    else await skipBody(reader, id, size);
  }
}

async function readChunkHeader(reader: ByteReader, hasFormat: boolean, littleEndian: boolean): Promise<{ id: string; size: number }> {
  const header = await reader.read(8);
  if (header.length < 8) {
    throw reader.fail(
      "bad-format",
      `the file ends after ${reader.position} bytes without a "${hasFormat ? "data" : "fmt "}" chunk; get the whole file`,
    );
  }
  return { id: fourCC(header, 0), size: viewOf(header).getUint32(4, littleEndian) };
}

async function readBody(reader: ByteReader, id: string, size: number): Promise<Uint8Array> {
  if (size > MAX_FMT_BYTES)
    throw reader.fail("bad-format", `its "${id}" chunk declares ${size} bytes, and at most ${MAX_FMT_BYTES} make sense`);
  const body = (await reader.readExactly(size, `the "${id}" chunk`)).slice();
  await skipPad(reader, size);
  return body;
}

async function skipBody(reader: ByteReader, id: string, size: number): Promise<void> {
  if (reader.remaining !== undefined && size > reader.remaining) {
    reader.note(`its "${id}" chunk declares ${size} bytes, and ${reader.remaining} follow`);
    return findSound(reader);
  }
  const skipped = await reader.skip(size);
  if (skipped < size) throw reader.cutShort(`the "${id}" chunk`, skipped, size);
  await skipPad(reader, size);
}

/** Chunks of odd length are followed by a zero, which some writers forget. */
async function skipPad(reader: ByteReader, size: number): Promise<void> {
  if (size % 2 === 0) return;
  const head = await reader.peek(4);
  if (!/^(data|fmt |fact|LIST)/.test(fourCC(head, 0))) await reader.skip(1);
}

/** Goes forward to the next chunk that matters, after one whose size is wrong. */
async function findSound(reader: ByteReader): Promise<void> {
  for (let ahead = await reader.peek(SEARCH_BYTES); ahead.length >= 8; ahead = await reader.peek(SEARCH_BYTES)) {
    const at = /data|fmt /.exec(String.fromCharCode(...ahead))?.index;
    await reader.skip(at ?? ahead.length - 3);
    if (at !== undefined) return;
  }
}

function parseFormat(reader: ByteReader, body: Uint8Array, littleEndian: boolean): WavFormat {
  if (body.length < 16) throw reader.fail("bad-format", `its "fmt " chunk has ${body.length} bytes, and 16 are the least`);
  const view = viewOf(body);
  const tag = view.getUint16(0, littleEndian);
  const extension = body.subarray(18);
  return {
    tag: tag === FORMAT_EXTENSIBLE ? subFormat(reader, extension, littleEndian) : tag,
    channels: view.getUint16(2, littleEndian),
    sampleRate: view.getUint32(4, littleEndian),
    bytesPerSecond: view.getUint32(8, littleEndian),
    blockAlign: view.getUint16(12, littleEndian),
    bitsPerSample: view.getUint16(14, littleEndian),
    extension,
  };
}

function subFormat(reader: ByteReader, extension: Uint8Array, littleEndian: boolean): number {
  if (extension.length < 22)
    throw reader.fail("bad-format", `its extensible "fmt " chunk has ${extension.length + 18} bytes, and 40 are wanted`);
  const sub = extension.slice(6, 22);
  if (!littleEndian)
    for (const [start, end] of [
      [0, 4],
      [4, 6],
      [6, 8],
    ])
      sub.subarray(start, end).reverse(); // the fields of a GUID
  const tail = Array.from(sub.subarray(2), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (tail !== SUBTYPE_TAIL)
    throw reader.fail("unsupported", `its samples are of the unknown sub-format "${tail}"; convert it to 16-bit PCM`);
  return viewOf(sub).getUint16(0, true);
}

function parseLongSize(reader: ByteReader, body: Uint8Array): number | undefined {
  if (body.length < 24) throw reader.fail("bad-format", `its "ds64" chunk has ${body.length} bytes, and 24 are the least`);
  const size = Number(viewOf(body).getBigUint64(8, true));
  return size === 0 || size > Number.MAX_SAFE_INTEGER ? undefined : size;
}

/**
 * Bytes of sound, or undefined when the declared size is one that writers to pipes leave behind.
 */
async function soundBytes(
  reader: ByteReader,
  size: number,
  riffBytes: number,
  longDataBytes: number | undefined,
): Promise<number | undefined> {
  if (size === 0xffffffff) return longDataBytes;
  if (size === 0) return (await isTrulyEmpty(reader, riffBytes)) ? 0 : undefined;
  const nearly2Or4GiB = size >= 0xfffff000 || (size >= 0x7ffff000 && size <= 0x80000000);
  return nearly2Or4GiB ? undefined : size;
}

/**
 * A size of 0 is true when nothing follows, or when the RIFF size counts the chunks that follow;
 * otherwise it was never filled in.
 */
async function isTrulyEmpty(reader: ByteReader, riffBytes: number): Promise<boolean> {
  if ((await reader.peek(1)).length === 0) return true;
  return riffBytes < 0x7ffff000 && riffBytes + 8 > reader.position;
}

function isRead(tag: number): boolean {
  return [FORMAT_PCM, FORMAT_FLOAT, FORMAT_A_LAW, FORMAT_MU_LAW, FORMAT_IMA_ADPCM, FORMAT_MS_ADPCM].includes(tag);
}

function otherCodec(reader: ByteReader, { tag, bitsPerSample }: WavFormat): CodecError {
  const codec = OTHER_CODECS[tag] ?? (isRead(tag) ? `${bitsPerSample}-bit samples` : "unknown");
  return reader.fail("unsupported", `its codec is 0x${tag.toString(16).padStart(4, "0")} (${codec}); convert it to 16-bit PCM`);
}

function sampleFormat(reader: ByteReader, format: WavFormat): SampleFormat {
  const { tag, channels, blockAlign, bitsPerSample } = format;
  const bytes = sampleBytes(format);
  if (bytes === undefined)
    throw reader.fail("bad-format", `${channels} channels of ${bitsPerSample} bits do not make the declared frames of ${blockAlign} bytes`);
  if (bytes * channels !== blockAlign)
    reader.note(
      `its frames are declared to have ${blockAlign} bytes, and ${channels} channels of ${bitsPerSample} bits have ${bytes * channels}`,
    );
  const found = byWidth(tag, bytes);
  if (found) return found;
  throw otherCodec(reader, format);
}

/**
 * Bytes of a sample. The bits say it, not the bytes of a frame, which many writers get wrong; those
 * say it where the bits are none that exist, or fewer than the sample takes, as 24 bits in 4 bytes,
 * which must then be confirmed by the bytes of a second.
 */
function sampleBytes({ tag, channels, sampleRate, bytesPerSecond, blockAlign, bitsPerSample }: WavFormat): number | undefined {
  if (tag === FORMAT_A_LAW || tag === FORMAT_MU_LAW) return 1;
  const byBits = Math.ceil(bitsPerSample / 8);
  const byFrame = blockAlign / channels;
  const fits = Number.isInteger(byFrame) && byFrame >= 1 && byFrame <= 8 && bytesPerSecond === sampleRate * blockAlign;
  const isUsual = bitsPerSample >= 8 && bitsPerSample <= 64 && bitsPerSample % 8 === 0;
  if (fits && (isUsual ? byBits === 3 && byFrame === 4 : true)) return byFrame;
  return bitsPerSample >= 1 && bitsPerSample <= 64 ? byBits : undefined;
}

function byWidth(tag: number, bytes: number): SampleFormat | undefined {
  if (tag === FORMAT_A_LAW) return bytes === 1 ? "alaw" : undefined;
  if (tag === FORMAT_MU_LAW) return bytes === 1 ? "mulaw" : undefined;
  if (tag === FORMAT_FLOAT) return bytes === 4 ? "f32" : bytes === 8 ? "f64" : undefined;
  return ([undefined, "u8", "s16", "s24", "s32"] as const)[bytes];
}
