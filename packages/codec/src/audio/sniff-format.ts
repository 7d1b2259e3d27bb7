import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";
import { findFirstFrame } from "./mp3-header.ts";

/** The formats that are read without help. */
export type AudioFormat = "wav" | "aiff" | "flac" | "ogg" | "mp3";

/** Bytes that are looked at to tell what a file without a magic number is. */
export const SNIFF_BYTES = 4096;
/** Larger ID3 tags are skipped without a look at whether the file is long enough for them. */
const TAG_LOOK_BYTES = 1 << 20;
/** Bytes of a packet of an MPEG transport stream. */
const TS_PACKET = 188;

/** Containers that are known and not read here, by what stands at some byte. */
const CONTAINERS: readonly (readonly [name: string, at: number, magic: RegExp])[] = [
  ["M4A or MP4", 4, /^ftyp/],
  ["QuickTime", 4, /^(moov|mdat|wide|pnot)/],
  ["CAF", 0, /^caff/],
  ["WebM or Matroska", 0, /^\x1aE\xdf\xa3/],
  ["WMA", 0, /^0&\xb2u/],
  ["AMR", 0, /^#!AMR/],
  ["WavPack", 0, /^wvpk/],
  ["Monkey's Audio", 0, /^MAC /],
  ["Wave64", 0, /^riff.\x91/s],
  ["AU", 0, /^\.snd/],
  ["VOC", 0, /^Creative Voice/],
  ["TTA", 0, /^TTA[12]/],
  ["RealMedia", 0, /^\.RMF/],
  ["FLV", 0, /^FLV\x01/],
  ["MPEG", 0, /^\0\0\x01\xba/],
  ["MIDI", 0, /^MThd/],
  ["AC-3", 0, /^\x0bw/],
  ["DSF", 0, /^DSD /],
  ["AAC", 0, /^ADIF/],
  ["AAC", 0, /^\xff[\xf0\xf1\xf8\xf9]/],
];

/**
 * What the file is by its first bytes, without consuming them; undefined when it is none of the
 * formats. Containers come first: frames of MP3 are found inside of many.
 */
export async function sniffFormat(reader: ByteReader, name: string | undefined): Promise<AudioFormat | undefined> {
  const magic = String.fromCharCode(...(await reader.peek(12))); // no more than that is waited for where it tells
  if (/^(RIFF|RIFX|RF64|BW64)/.test(magic)) return "wav";
  if (/^FORM....AIF[FC]/s.test(magic)) return "aiff";
  if (magic.startsWith("fLaC")) return "flac";
  if (magic.startsWith("OggS")) return "ogg";
  if (magic.startsWith("ID3")) return undefined;
  const head = await reader.peek(SNIFF_BYTES);
  if (containerName(head) !== undefined || looksLikeText(head)) return undefined;
  const start = findFirstFrame(head, 3);
  if (start !== undefined) return "mp3";
  return /\.mp[123a]$/i.test(name ?? "") && findFirstFrame(await reader.peek(16 * SNIFF_BYTES), 3) !== undefined ? "mp3" : undefined;
}

/**
 * Skips ID3v2 tags: ten bytes with a length of four times seven bits.
 * https://id3.org/id3v2.4.0-structure A tag that is longer than the file is not believed: what is
 * in it is searched.
 * @returns whether there was one
 */
export async function skipId3(reader: ByteReader): Promise<boolean> {
  for (let isFound = false; ; isFound = true) {
    const head = await reader.peek(10);
    if (head.length < 10 || fourCC(head, 0).slice(0, 3) !== "ID3") return isFound;
    const size = ((head[6] & 127) << 21) | ((head[7] & 127) << 14) | ((head[8] & 127) << 7) | (head[9] & 127);
    const total = 10 + size + (head[5] & 0x10 ? 10 : 0);
    const known = reader.remaining ?? (total > TAG_LOOK_BYTES ? total : (await reader.peek(total)).length);
    if (known < total) {
      reader.note(`its ID3 tag declares ${total} bytes, and ${known} are there`);
      await reader.skip(10);
      return true;
    }
    const skipped = await reader.skip(total);
    if (skipped < total) throw reader.cutShort("the ID3 tag", skipped, total);
  }
}

/**
 * Whether bytes are text: no control characters but tabs and line ends, and valid UTF-8 where not
 * ASCII.
 */
export function looksLikeText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127)) return false;
  return !new TextDecoder().decode(head, { stream: true }).includes("\ufffd"); // "stream": the last character may be cut in two
}

/**
 * The name of a container or codec that is known but not read here, from a file's first bytes;
 * undefined for others.
 */
export function containerName(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, 64));
  if (head.length > 2 * TS_PACKET && [0, 1, 2].every((n) => head[n * TS_PACKET] === 0x47)) return "MPEG transport stream";
  if (/^RIFF....(AVI |CDXA)/s.test(text)) return "AVI";
  const known = CONTAINERS.find(([, at, magic]) => magic.test(text.slice(at)))?.[0];
  return known === undefined && text.startsWith("FORM") && viewOf(head).byteLength > 12 ? `IFF of kind "${text.slice(8, 12)}"` : known;
}
