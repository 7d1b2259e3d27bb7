import type { AdpcmCodec } from "./adpcm.ts";
import type { ByteReader } from "./byte-reader.ts";
import { trailerFollows } from "./riff-trailer.ts";

/** How much ADPCM there is. */
export interface AdpcmExtent {
  /** Bytes of a whole block. */
  readonly blockAlign: number;
  /** Bytes that the file declares, or undefined to read to the end of the source. */
  readonly byteCount: number | undefined;
  /**
   * Samples per channel that count, where the file says; the last block is filled up with others.
   */
  readonly sampleCount: number | undefined;
}

/**
 * Reads ADPCM blocks as they come in. A damaged block is silent.
 * @throws CodecError `bad-format` when the first block is damaged, and for any damage where reading
 * is strict
 */
export async function* adpcmChunks(reader: ByteReader, codec: AdpcmCodec, extent: AdpcmExtent): AsyncGenerator<Float32Array[]> {
  let left = extent.byteCount ?? Number.POSITIVE_INFINITY;
  let samplesLeft = extent.sampleCount ?? Number.POSITIVE_INFINITY;
  let blocks = 0;
  while (left > 0 && samplesLeft > 0) {
    const block = await reader.read(Math.min(left, extent.blockAlign));
    left -= block.length;
    if (block.length < codec.headerBytes) break;
    const decoded = decodedBlock(reader, codec, block, blocks++ === 0);
    yield decoded.map((channel) => channel.subarray(0, samplesLeft));
    samplesLeft -= decoded[0].length;
    if (block.length < extent.blockAlign) break;
    if (left <= 0 && !(await trailerFollows(reader, 0))) {
      reader.note(`the data chunk declares ${extent.byteCount} bytes, and sound follows them`);
      left = Number.POSITIVE_INFINITY;
      samplesLeft = Number.POSITIVE_INFINITY;
    }
  }
  if (extent.byteCount !== undefined && Number.isFinite(left) && left > 0 && samplesLeft > 0)
    reader.endsEarly("the data chunk", extent.byteCount - left, extent.byteCount);
}

function decodedBlock(reader: ByteReader, codec: AdpcmCodec, block: Uint8Array, isFirst: boolean): Float32Array[] {
  const decoded = codec.decode(block);
  if (typeof decoded !== "string") return decoded;
  const problem = `${decoded}, before byte ${reader.position}`;
  if (isFirst) throw reader.fail("bad-format", problem);
  reader.damage(problem);
  return Array.from({ length: codec.channels }, () => new Float32Array(codec.samplesPerBlock));
}
