import type { ByteReader } from "./byte-reader.ts";
import { trailerFollows } from "./riff-trailer.ts";
import { decodeInterleaved, SAMPLE_BYTES, type SampleFormat } from "./sample-format.ts";

/** Where interleaved PCM lies and how it is stored. */
export interface PcmLayout {
  readonly format: SampleFormat;
  readonly channels: number;
  readonly littleEndian: boolean;
  /** Bytes that the file declares, or undefined to read to the end of the source. */
  readonly byteCount: number | undefined;
  /** What the bytes are, for messages. */
  readonly what: string;
}

/** Most bytes that are decoded at once. */
const BLOCK_BYTES = 65_536;

/**
 * Reads interleaved PCM as it comes in. The declared length is a hint: sound that ends before is
 * read as far as it goes, and what follows it and is neither a chunk nor a tag is sound too.
 * @throws CodecError `bad-format` for a wrong length where reading is strict
 */
export async function* pcmChunks(reader: ByteReader, layout: PcmLayout): AsyncGenerator<Float32Array[]> {
  const frameBytes = SAMPLE_BYTES[layout.format] * layout.channels;
  const declared = layout.byteCount;
  let left = declared === undefined ? Number.POSITIVE_INFINITY : declared - (declared % frameBytes);
  while (left > 0) {
    const bytes = await reader.readAvailable(frameBytes, Math.min(left, BLOCK_BYTES));
    left -= bytes.length;
    if (bytes.length >= frameBytes) yield decodeInterleaved(bytes, layout.format, layout.channels, layout.littleEndian);
    if (bytes.length < frameBytes) break;
    if (left <= 0 && declared !== undefined && !(await trailerFollows(reader, declared % frameBytes))) {
      reader.note(`${layout.what} declares ${declared} bytes, and sound follows them`);
      left = Number.POSITIVE_INFINITY;
    }
  }
  if (declared !== undefined && Number.isFinite(left) && left > 0) reader.endsEarly(layout.what, declared - left, declared);
}
