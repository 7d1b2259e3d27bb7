import type { ByteReader } from "./byte-reader.ts";
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
 * Reads interleaved PCM as it comes in.
 * @throws CodecError `bad-format` when fewer bytes come than were declared
 */
export async function* pcmChunks(reader: ByteReader, layout: PcmLayout): AsyncGenerator<Float32Array[]> {
  const frameBytes = SAMPLE_BYTES[layout.format] * layout.channels;
  let left = layout.byteCount === undefined ? Number.POSITIVE_INFINITY : layout.byteCount - (layout.byteCount % frameBytes);
  while (left > 0) {
    const bytes = await reader.readAvailable(frameBytes, Math.min(left, BLOCK_BYTES));
    left -= bytes.length;
    if (bytes.length >= frameBytes) yield decodeInterleaved(bytes, layout.format, layout.channels, layout.littleEndian);
    if (bytes.length < frameBytes) break;
  }
  if (layout.byteCount !== undefined && left > 0) throw reader.cutShort(layout.what, layout.byteCount - left, layout.byteCount);
}
