// AIFF and AIFF-C: Apple, "Audio Interchange File Format AIFF-C", draft of 1991-08-26. Chunks as in
// WAV, but big-endian.

import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";
import { checkShape, type DecodedSound } from "./decoded-sound.ts";
import { pcmChunks } from "./pcm-chunks.ts";
import { SAMPLE_BYTES, SAMPLE_NAMES, type SampleFormat } from "./sample-format.ts";

/** The kinds of AIFF-C that are read; "pcm" takes its width from the sample size. */
const COMPRESSIONS: Readonly<Record<string, SampleFormat | "pcm">> = {
  NONE: "pcm",
  twos: "pcm",
  sowt: "pcm",
  "raw ": "u8",
  fl32: "f32",
  FL32: "f32",
  fl64: "f64",
  FL64: "f64",
  alaw: "alaw",
  ALAW: "alaw",
  ulaw: "mulaw",
  ULAW: "mulaw",
};
/** A COMM chunk has 18 bytes, and a name of at most 255 in AIFF-C. */
const MAX_COMM_BYTES = 4096;
/** Bytes at the end of a sound chunk that may be no sound: it may be padded to blocks. */
const PADDING = 4096;

interface Common {
  readonly channels: number;
  readonly sampleRate: number;
  /** Samples per channel that the file declares. */
  readonly frames: number;
  readonly format: SampleFormat;
  readonly littleEndian: boolean;
}

/**
 * Opens an AIFF or AIFF-C stream: 8 to 32-bit integers of either byte order, 32 and 64-bit floats,
 * A-law, mu-law.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openAiff(reader: ByteReader): Promise<DecodedSound> {
  const form = await reader.readExactly(12, "the AIFF header");
  const { common, soundBytes } = await readUntilSound(reader, fourCC(form, 8) === "AIFC");
  const { channels, sampleRate, format, littleEndian } = common;
  const frameBytes = channels * SAMPLE_BYTES[format];
  const bytes = lengthOfSound(reader, common.frames * frameBytes, soundBytes);
  const here = reader.remaining === undefined ? bytes : Math.min(bytes ?? Number.POSITIVE_INFINITY, reader.remaining);
  return {
    info: {
      format: `${fourCC(form, 8) === "AIFC" ? "AIFF-C" : "AIFF"}, ${SAMPLE_NAMES[format]}`,
      sampleRate,
      channels,
      durationSeconds: here === undefined ? undefined : Math.floor(here / frameBytes) / sampleRate,
    },
    lengthIsSure: reader.byteLength !== undefined,
    chunks: pcmChunks(reader, {
      format,
      channels,
      littleEndian,
      byteCount: bytes,
      what: "the sound chunk",
    }),
  };
}

/**
 * Writers to pipes cannot fill in sizes: they leave 0, or as much as fits into 31 or 32 bits, some
 * header bytes less.
 */
const STREAMED = 0x7f000000;

/**
 * Bytes of sound, or undefined for all up to the end. Two numbers of the file tell it, the frames
 * of the COMM chunk and the size of the SSND chunk, and where they differ the larger is believed:
 * reading ends at the end of the file anyway.
 */
function lengthOfSound(reader: ByteReader, byFrames: number, bySize: number): number | undefined {
  const isStreamed = bySize <= 0 || bySize >= STREAMED - 64;
  if (isStreamed) return byFrames > 0 && byFrames < STREAMED - 64 ? byFrames : undefined;
  if (byFrames > bySize || byFrames === 0 || byFrames < bySize - PADDING)
    reader.note(`its "COMM" chunk counts ${byFrames} bytes of sound, and its "SSND" chunk ${bySize}`);
  else return byFrames;
  return bySize;
}

/**
 * Reads chunks until the reader stands at the first sample; tells the bytes of sound that the SSND
 * chunk declares.
 */
async function readUntilSound(reader: ByteReader, isCompressed: boolean): Promise<{ common: Common; soundBytes: number }> {
  let common: Common | undefined;
  for (;;) {
    const header = await reader.read(8);
    if (header.length < 8)
      throw reader.fail(
        "bad-format",
        `the file ends after ${reader.position} bytes without a "${common ? "SSND" : "COMM"}" chunk; get the whole file`,
      );
    const id = fourCC(header, 0);
    const size = viewOf(header).getUint32(4);
    if (id === "SSND") {
      if (!common) throw reader.fail("unsupported", 'its "SSND" chunk comes before the "COMM" chunk; convert it to WAV first');
      return { common, soundBytes: size - 8 - (await skipToSound(reader)) };
    }
    if (id === "COMM") common = parseCommon(reader, await readBody(reader, size), isCompressed);
    else await skipBody(reader, id, size);
  }
}

async function readBody(reader: ByteReader, size: number): Promise<Uint8Array> {
  if (size < 18 || size > MAX_COMM_BYTES)
    throw reader.fail("bad-format", `its "COMM" chunk declares ${size} bytes, and 18 to ${MAX_COMM_BYTES} make sense`);
  const body = (await reader.readExactly(size, 'the "COMM" chunk')).slice();
  if (size % 2 === 1) await reader.skip(1);
  return body;
}

async function skipBody(reader: ByteReader, id: string, size: number): Promise<void> {
  const padded = size + (size % 2);
  const skipped = await reader.skip(padded);
  if (skipped < size) throw reader.cutShort(`the "${id}" chunk`, skipped, size);
}

/**
 * A sound chunk begins with an offset, nearly always 0, and a block size that is of no use. Returns
 * the offset.
 */
async function skipToSound(reader: ByteReader): Promise<number> {
  const offset = viewOf(await reader.readExactly(8, 'the "SSND" chunk')).getUint32(0);
  const skipped = await reader.skip(offset);
  if (skipped < offset) throw reader.cutShort('the "SSND" chunk', skipped, offset);
  return offset;
}

function parseCommon(reader: ByteReader, body: Uint8Array, isCompressed: boolean): Common {
  const view = viewOf(body);
  const channels = view.getUint16(0);
  const bits = view.getUint16(6);
  const sampleRate = extendedFloat(view, 8);
  checkShape(reader, channels, sampleRate);
  if (isCompressed && body.length < 22) throw reader.fail("bad-format", `its "COMM" chunk has ${body.length} bytes, and AIFF-C wants 22`);
  const compression = isCompressed ? fourCC(body, 18) : "NONE";
  const kind = Object.hasOwn(COMPRESSIONS, compression) ? COMPRESSIONS[compression] : undefined;
  if (!kind) throw reader.fail("unsupported", `its AIFF-C compression is "${compression}"; convert it to WAV first`);
  if (kind === "pcm" && (bits < 1 || bits > 32)) throw reader.fail("bad-format", `it declares ${bits} bits a sample, and 1 to 32 exist`);
  const format = kind === "pcm" ? (["s8", "s16", "s24", "s32"] as const)[Math.ceil(bits / 8) - 1] : kind;
  return { channels, sampleRate, frames: view.getUint32(2), format, littleEndian: compression === "sowt" };
}

/**
 * An 80-bit IEEE 754 extended float: sign and exponent in 16 bits, then 64 bits of mantissa with
 * its leading 1.
 */
function extendedFloat(view: DataView, at: number): number {
  const exponent = view.getUint16(at) & 0x7fff;
  const sign = view.getUint16(at) >> 15 === 1 ? -1 : 1;
  const mantissa = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
  return sign * mantissa * 2 ** (exponent - 16_383 - 63);
}
