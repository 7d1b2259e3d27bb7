import { type ByteSource, readExactly } from "../bytes/byte-source.ts";
import { Codes, concatCodes } from "../codes/codes.ts";
import { samplesOf } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";
import { assertKind } from "../misuse.ts";
import { blockBytes, peekBlock, readItem, TRAILER_BYTES } from "./token-file-block.ts";
import { FIXED_HEADER_BYTES, readHeader, type StoredHeader, type TokenFileHeader } from "./token-file-header.ts";
import { damageError } from "./token-file-parser.ts";

/** Where a block lies and which frame it begins with. */
interface BlockPlace {
  readonly offset: number;
  readonly firstFrame: number;
}

interface PlacedBlock extends BlockPlace {
  readonly codes: Codes;
  readonly byteLength: number;
}

/** What is known before any block was read. */
interface Extent {
  readonly stored: StoredHeader;
  readonly frameCount: number;
  readonly sampleCount: number | undefined;
  readonly complete: boolean;
  readonly index: readonly BlockPlace[] | undefined;
}

/** Longest header: the fixed part, a length byte's worth of name, the checksum. */
const MAX_HEADER_BYTES = FIXED_HEADER_BYTES + 255 + 4;

/**
 * Reads parts of a large token file. A file of full blocks takes one read per block, wherever it
 * lies; after early flushes the block headers are walked through once. Damage shows when the block
 * that has it is read.
 */
export class TokenFileReader {
  /** What the file says about its codes. */
  readonly header: TokenFileHeader;
  /** Number of frames. */
  readonly frameCount: number;
  /** Samples of the original; undefined for whole frames and without trailer. */
  readonly sampleCount: number | undefined;
  /**
   * Whether the trailer is there. False: the file is still being written, or the writer was cut
   * off.
   */
  readonly complete: boolean;
  readonly #source: ByteSource;
  readonly #stored: StoredHeader;
  #index: readonly BlockPlace[] | undefined; // undefined while all blocks are believed to be full

  private constructor(source: ByteSource, extent: Extent) {
    this.#source = source;
    this.#stored = extent.stored;
    this.#index = extent.index;
    this.header = extent.stored.header;
    this.frameCount = extent.frameCount;
    this.sampleCount = extent.sampleCount;
    this.complete = extent.complete;
  }

  /**
   * Reads header and trailer; without trailer, the headers of the blocks.
   * @throws CodecError `bad-format` when it is no token file or is damaged there, `unsupported` for
   * a later version
   */
  static async open(source: ByteSource): Promise<TokenFileReader> {
    assertKind(source, "source", "object");
    assertKind(source.byteLength, "source.byteLength", "number");
    if (source instanceof Uint8Array)
      throw new TypeError('Cannot use Uint8Array as "source": a ByteSource is wanted, such as bytesSource(bytes)');
    const start = await source.slice(0, Math.min(source.byteLength, MAX_HEADER_BYTES));
    const stored = readHeader(start);
    if (!stored)
      throw new CodecError(
        "bad-format",
        `Cannot read the token file: it ends within the header after ${start.length} bytes; copy or make the file again`,
      );
    const trailerAt = source.byteLength - TRAILER_BYTES;
    const last = trailerAt >= stored.byteLength ? readItem(stored, await readExactly(source, trailerAt, source.byteLength)) : undefined;
    if (last?.kind === "trailer") {
      if (last.sampleCount !== undefined && last.sampleCount > samplesOf(stored.header, last.frames)) {
        throw damageError(`the trailer counts ${last.sampleCount} samples for ${last.frames} frames`, trailerAt, last.frames);
      }
      if (last.frames === 0 && trailerAt > stored.byteLength) throw damageError("the trailer counts 0 frames", stored.byteLength, 0);
      return new TokenFileReader(source, {
        stored,
        frameCount: last.frames,
        sampleCount: last.sampleCount,
        complete: true,
        index: undefined,
      });
    }
    const { index, frameCount } = await walkBlocks(source, stored);
    return new TokenFileReader(source, { stored, frameCount, sampleCount: undefined, complete: false, index });
  }

  /**
   * Frames `start` to `end - 1`, `0 <= start <= end <= frameCount`; a copy, without sample count.
   * @throws RangeError outside that range, CodecError `bad-format` for damage there
   */
  async frames(start: number, end: number): Promise<Codes> {
    const parts = [Codes.empty(this.header)];
    for await (const codes of this.iterate(start, end)) parts.push(codes);
    return concatCodes(parts);
  }

  /**
   * The same frames block by block, holding one block at a time.
   * @throws RangeError outside the file's frames, CodecError `bad-format` for damage
   */
  async *iterate(start = 0, end: number = this.frameCount): AsyncGenerator<Codes, void, undefined> {
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= this.frameCount)) {
      throw new RangeError(`Cannot read frames ${start} to ${end}: the token file has frames 0 to ${this.frameCount}`);
    }
    if (start === end) return;
    let block = await this.#blockWith(start);
    for (;;) {
      const { firstFrame, codes, offset, byteLength } = block;
      const last = Math.min(end, firstFrame + codes.frames);
      yield codes.slice(Math.max(start, firstFrame) - firstFrame, last - firstFrame);
      if (last === end) {
        if (end === this.frameCount) this.#checkEnd(block);
        return;
      }
      block = await this.#blockAt(offset + byteLength, last);
      if (block.firstFrame !== last) throw damageError("a block is missing or repeated", block.offset, last);
    }
  }

  /** The last frame that the trailer counts must be the last before the trailer. */
  #checkEnd({ offset, firstFrame, codes, byteLength }: PlacedBlock): void {
    const surplus = firstFrame + codes.frames !== this.frameCount || offset + byteLength !== this.#source.byteLength - TRAILER_BYTES;
    if (this.complete && surplus) throw damageError(`the trailer counts ${this.frameCount} frames`, offset, this.frameCount);
  }

  /** The block that holds a frame: by arithmetic, or by the index when that leads astray. */
  async #blockWith(frame: number): Promise<PlacedBlock> {
    if (!this.#index) {
      const found = await this.#blockAt(this.#fullBlockAt(frame), frame).catch(ignoreDamage);
      if (found && found.firstFrame <= frame && frame < found.firstFrame + found.codes.frames) return found;
      this.#index = (await walkBlocks(this.#source, this.#stored)).index;
    }
    const entry = this.#index[lastAtOrBefore(this.#index, frame)];
    const block = entry && (await this.#blockAt(entry.offset, frame));
    if (block && block.firstFrame <= frame && frame < block.firstFrame + block.codes.frames) return block;
    throw damageError("the block of this frame is missing", entry?.offset ?? this.#stored.byteLength, frame);
  }

  #fullBlockAt(frame: number): number {
    const { blockFrames } = this.header;
    return this.#stored.byteLength + Math.floor(frame / blockFrames) * blockBytes(this.#stored, blockFrames);
  }

  async #blockAt(offset: number, frame: number): Promise<PlacedBlock> {
    const { layers, blockFrames } = this.header;
    const end = Math.min(this.#source.byteLength, offset + blockBytes(this.#stored, blockFrames));
    const item = readItem(this.#stored, offset < end ? await readExactly(this.#source, offset, end) : new Uint8Array(0));
    if (item.kind !== "block") throw damageError(item.kind === "bad" ? item.reason : "there is no whole block here", offset, frame);
    return {
      offset,
      firstFrame: item.firstFrame,
      codes: new Codes(item.codes, layers, this.header),
      byteLength: item.byteLength,
    };
  }
}

/**
 * Walks through the block headers to the end, the trailer, or a block that is cut short. Checksums
 * are left to the reading of the blocks.
 */
async function walkBlocks(source: ByteSource, stored: StoredHeader): Promise<{ index: BlockPlace[]; frameCount: number }> {
  const index: BlockPlace[] = [];
  let frameCount = 0;
  for (let offset = stored.byteLength; offset < source.byteLength; ) {
    const bytes = await readExactly(source, offset, Math.min(source.byteLength, offset + TRAILER_BYTES));
    const peek = peekBlock(stored, bytes);
    if (!peek) {
      const item = readItem(stored, bytes);
      if (item.kind === "bad") throw damageError(item.reason, offset, frameCount);
      if (item.kind === "trailer" && offset + item.byteLength < source.byteLength)
        throw damageError("there are bytes after the trailer", offset + item.byteLength, frameCount);
      break;
    }
    if (offset + peek.byteLength > source.byteLength) break;
    if (peek.firstFrame !== frameCount) throw damageError("a block is missing or repeated", offset, frameCount);
    index.push({ offset, firstFrame: frameCount });
    frameCount += peek.frames;
    offset += peek.byteLength;
  }
  return { index, frameCount };
}

/**
 * Place of the last entry that begins at or before a frame, by bisection; -1 where there is none.
 */
function lastAtOrBefore(index: readonly BlockPlace[], frame: number): number {
  let [low, high] = [-1, index.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (index[middle].firstFrame <= frame) low = middle;
    else high = middle - 1;
  }
  return low;
}

function ignoreDamage(error: unknown): undefined {
  if (error instanceof CodecError && error.code === "bad-format") return undefined;
  throw error;
}
