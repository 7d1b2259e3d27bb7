import type { AdpcmCodec } from "./adpcm.ts";
import type { ByteReader } from "./byte-reader.ts";

/** How much ADPCM there is. */
export interface AdpcmExtent {
  /** Bytes of a whole block. */
  readonly blockAlign: number;
  /** Bytes that the file declares, or undefined to read to the end of the source. */
  readonly byteCount: number | undefined;
  /** Samples per channel that count, where the file says; the last block is filled up with others. */
  readonly sampleCount: number | undefined;
}

/**
 * Reads ADPCM blocks as they come in.
 * @throws CodecError `bad-format` when a block is damaged or fewer bytes come than were declared
 */
export async function* adpcmChunks(reader: ByteReader, codec: AdpcmCodec, extent: AdpcmExtent): AsyncGenerator<Float32Array[]> {
  let left = extent.byteCount ?? Number.POSITIVE_INFINITY;
  let samplesLeft = extent.sampleCount ?? Number.POSITIVE_INFINITY;
  while (left > 0 && samplesLeft > 0) {
    const block = await reader.read(Math.min(left, extent.blockAlign));
    left -= block.length;
    if (block.length < codec.headerBytes) break;
    const decoded = codec.decode(block);
    if (typeof decoded === "string") throw reader.fail("bad-format", `${decoded}, before byte ${reader.position}`);
    yield decoded.map((channel) => channel.subarray(0, samplesLeft));
    samplesLeft -= decoded[0].length;
    if (block.length < extent.blockAlign) break;
  }
  if (extent.byteCount !== undefined && left > 0 && samplesLeft > 0) {
    throw reader.cutShort("the data chunk", extent.byteCount - left, extent.byteCount);
  }
}
