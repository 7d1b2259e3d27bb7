import type { ByteReader } from "./byte-reader.ts";
import type { DecodedSound } from "./decoded-sound.ts";
import { openOggFlac } from "./ogg-flac.ts";
import { type OggPage, OggPages } from "./ogg-pages.ts";
import { openOpus } from "./opus.ts";
import { reshaped } from "./sound-shape.ts";
import { openVorbis } from "./vorbis.ts";

/** Files with more streams than this side by side are not sound files. */
const MAX_STREAMS = 16;

/** First bytes of the first packet of each codec, and what opens it. */
const CODECS: readonly { readonly magic: string; readonly open: (pages: OggPages, first: OggPage) => Promise<DecodedSound> }[] = [
  { magic: "OpusHead", open: openOpus },
  { magic: "\x01vorbis", open: openVorbis },
  { magic: "\x7fFLAC", open: openOggFlac },
];
/** Other streams that are met in Ogg files, for messages. */
const OTHERS: Readonly<Record<string, string>> = { "Speex   ": "Speex", "\x80theora": "Theora video", "fishead\0": "a skeleton" };

/**
 * Opens the first sound stream of an Ogg file: Opus, Vorbis or FLAC. Streams that follow one after
 * the other, as those of a web radio, are one sound.
 * @throws CodecError `bad-format` or `unsupported`
 */
export async function openOgg(reader: ByteReader): Promise<DecodedSound> {
  const pages = new OggPages(reader);
  const sound = await openNext(pages);
  if (!sound) throw reader.fail("bad-format", "its first Ogg page does not begin a stream");
  return { info: sound.info, chunks: chained(pages, sound) };
}

/** The next stream of sound; undefined at the end. */
async function openNext(pages: OggPages): Promise<DecodedSound | undefined> {
  const found: string[] = [];
  for (let streams = 0; streams < MAX_STREAMS; streams++) {
    const page = await pages.read();
    if (!page?.isFirst) break; // all streams begin before any goes on
    const magic = String.fromCharCode(...page.body.subarray(0, 8));
    const codec = CODECS.find((candidate) => magic.startsWith(candidate.magic));
    if (codec) return codec.open(pages, page);
    found.push(Object.entries(OTHERS).find(([start]) => magic.startsWith(start))?.[1] ?? "an unknown codec");
  }
  if (found.length === 0) return undefined;
  throw pages.reader.fail(
    "unsupported",
    `its Ogg streams are of ${found.join(", ")}; Opus, Vorbis or FLAC is wanted; convert it to WAV first`,
  );
}

async function* chained(pages: OggPages, first: DecodedSound): AsyncGenerator<Float32Array[]> {
  yield* first.chunks;
  for (let next = await openNext(pages); next; next = await openNext(pages)) yield* reshaped(next.chunks, next.info, first.info);
}
