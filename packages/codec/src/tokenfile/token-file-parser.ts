// Reads a token file from bytes that arrive in pieces. Without salvage the first damage is an
// error. With it, the parser looks for the next undamaged block: markers are searched byte by byte
// and believed only with a right checksum.
import { joinBytes } from "../bytes/join.ts";
import { Codes } from "../codes/codes.ts";
import { samplesOf } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";
import { readItem, type TokenFileItem } from "./token-file-block.ts";
import { readHeader, type StoredHeader, type TokenFileHeader } from "./token-file-header.ts";

/** A part of a token file that cannot be used. */
export interface TokenFileDamage {
  /** First byte of it in the file. */
  readonly offset: number;
  /** Its length in bytes; 0 where frames are missing between two whole blocks. */
  readonly byteLength: number;
  /** First frame that is missing. */
  readonly firstFrame: number;
  /**
   * Number of frames that are missing; undefined where the file does not say how many there were.
   */
  readonly frames: number | undefined;
  /** What is wrong, such as "the checksum of a block is wrong". */
  readonly reason: string;
}

/** How damage is treated. */
export interface SalvageOption {
  /** Leave damaged blocks out instead of failing. Default false. */
  readonly salvage?: boolean;
}

/** What the parser finds, in the order of the file. */
export type TokenFileEvent =
  | { readonly type: "header"; readonly header: TokenFileHeader }
  /** Frames `firstFrame` to `firstFrame + codes.frames - 1`. */
  | { readonly type: "frames"; readonly firstFrame: number; readonly codes: Codes }
  | ({ readonly type: "end" } & TokenFileEnd);

/** What is known at the end of a token file. */
export interface TokenFileEnd {
  /**
   * Whether the trailer is there. False: the file is still being written, or the writer was cut
   * off.
   */
  readonly complete: boolean;
  /** Frames that were read. */
  readonly frames: number;
  /**
   * Samples of the original; undefined for whole frames, without trailer and where frames are
   * missing.
   */
  readonly sampleCount: number | undefined;
  /**
   * All that cannot be used, in the order of the file. Without salvage at most the last block, cut
   * short because it is still being written.
   */
  readonly damage: readonly TokenFileDamage[];
}

type Trailer = Extract<TokenFileItem, { kind: "trailer" }>;
type Block = Extract<TokenFileItem, { kind: "block" }>;

/**
 * Bytes of false blocks that are checked in a search, per byte of the file: bounds the time that a
 * hostile file can cost.
 */
const SEARCH_EFFORT = 8;
const NOTHING = new Uint8Array(0);

/** The incremental reader of one token file: `push` pieces of any length, then `end`. */
export class TokenFileParser {
  readonly #salvage: boolean;
  readonly #damage: TokenFileDamage[] = [];
  #bytes: Uint8Array = NOTHING; // not yet used
  #offset = 0; // of #bytes[0] in the file
  #stored: StoredHeader | undefined;
  #trailer: Trailer | undefined;
  #nextFrame = 0;
  #framesRead = 0;
  #lost: { readonly offset: number; readonly reason: string } | undefined; // damage that goes on at the current byte
  #effort = 0;

  constructor({ salvage = false }: SalvageOption = {}) {
    this.#salvage = salvage;
  }

  /**
   * The next bytes of the file. What is not used at once is copied: at most one block.
   * @throws CodecError `bad-format` for damage, `unsupported` for a file of a later version
   */
  *push(chunk: Uint8Array): Generator<TokenFileEvent, void, undefined> {
    this.#bytes = this.#bytes.length === 0 ? chunk : joinBytes([this.#bytes, chunk]);
    yield* this.#parse();
    if (this.#bytes.buffer === chunk.buffer) this.#bytes = this.#bytes.slice();
  }

  /**
   * The file ends here.
   * @throws CodecError `bad-format` for damage
   */
  *end(): Generator<TokenFileEvent, void, undefined> {
    const stored = this.#stored;
    if (!stored)
      throw new CodecError(
        "bad-format",
        `Cannot read the token file: it ends within the header after ${this.#bytes.length} bytes; copy or make the file again`,
      );
    if (this.#bytes.length > 0) yield* this.#endWithin(stored);
    this.#closeDamage(this.#trailer && Math.max(this.#trailer.frames, this.#nextFrame));
    const { sampleCount } = this.#checkedTrailer(stored);
    const whole = this.#trailer !== undefined && this.#framesRead === this.#trailer.frames;
    yield {
      type: "end",
      complete: this.#trailer !== undefined,
      frames: this.#framesRead,
      sampleCount: whole ? sampleCount : undefined,
      damage: this.#damage,
    };
  }

  *#parse(): Generator<TokenFileEvent, void, undefined> {
    if (!this.#stored) {
      this.#stored = readHeader(this.#bytes);
      if (!this.#stored) return;
      this.#advance(this.#stored.byteLength);
      yield { type: "header", header: this.#stored.header };
    }
    while (this.#bytes.length > 0) {
      const item = this.#itemHere(this.#stored);
      if (item.kind === "short") return;
      yield* this.#take(this.#stored, item);
    }
  }

  #itemHere(stored: StoredHeader): TokenFileItem {
    if (this.#trailer) return { kind: "bad", reason: "there are bytes after the trailer", checked: 0 };
    if (this.#effort > SEARCH_EFFORT * (this.#offset + this.#bytes.length) + 2 ** 20)
      return { kind: "bad", reason: "too much is damaged", checked: 0 };
    return readItem(stored, this.#bytes);
  }

  *#take(stored: StoredHeader, item: Exclude<TokenFileItem, { kind: "short" }>): Generator<TokenFileEvent, void, undefined> {
    if (item.kind === "bad") this.#skipBad(item.reason, item.checked);
    else if (item.kind === "trailer") this.#takeTrailer(item);
    else if (item.firstFrame < this.#nextFrame) this.#skipBad("a block repeats frames", item.byteLength);
    else yield this.#takeBlock(stored, item);
  }

  #takeBlock({ header }: StoredHeader, block: Block): TokenFileEvent {
    if (block.firstFrame > this.#nextFrame && !this.#lost) this.#lose("blocks are missing");
    this.#closeDamage(block.firstFrame);
    this.#advance(block.byteLength);
    const codes = new Codes(block.codes, header.layers, header);
    this.#nextFrame = block.firstFrame + codes.frames;
    this.#framesRead += codes.frames;
    return { type: "frames", firstFrame: block.firstFrame, codes };
  }

  #takeTrailer(trailer: Trailer): void {
    if (trailer.frames !== this.#nextFrame && !this.#lost) this.#lose(`the trailer counts ${trailer.frames} frames`);
    this.#closeDamage(Math.max(trailer.frames, this.#nextFrame));
    this.#advance(trailer.byteLength);
    this.#trailer = trailer;
  }

  /**
   * Steps over bytes that are neither block nor trailer, up to the next byte that a marker may
   * begin with.
   */
  #skipBad(reason: string, checked: number): void {
    if (!this.#lost) this.#lose(reason);
    this.#effort += checked;
    let next = 1;
    while (next < this.#bytes.length && !isMarkerStart(this.#bytes[next])) next++;
    this.#advance(next);
  }

  /**
   * The file ends where a block or trailer has begun: cut short, if nothing that is whole comes
   * after that beginning.
   */
  *#endWithin(stored: StoredHeader): Generator<TokenFileEvent, void, undefined> {
    const reason = "the file ends within a block or trailer";
    if (!this.#salvage && !this.#holdsItem(stored)) {
      this.#lost = { offset: this.#offset, reason };
      this.#advance(this.#bytes.length);
    }
    while (this.#bytes.length > 0) {
      const item = this.#itemHere(stored);
      yield* this.#take(stored, item.kind === "short" ? { kind: "bad", reason, checked: 0 } : item);
    }
  }

  /** Whether a whole block or trailer stands somewhere after the current byte. */
  #holdsItem(stored: StoredHeader): boolean {
    for (let at = 1, effort = 0; at < this.#bytes.length && effort <= 2 ** 24; at++) {
      if (!isMarkerStart(this.#bytes[at])) continue;
      const item = readItem(stored, this.#bytes.subarray(at));
      if (item.kind === "block" || item.kind === "trailer") return true;
      if (item.kind === "bad") effort += item.checked;
    }
    return false;
  }

  #checkedTrailer(stored: StoredHeader): { readonly sampleCount: number | undefined } {
    const { frames = 0, sampleCount } = this.#trailer ?? {};
    if (sampleCount === undefined || sampleCount <= samplesOf(stored.header, frames)) return { sampleCount };
    this.#lose(`the trailer counts ${sampleCount} samples for ${frames} frames`);
    this.#closeDamage(this.#nextFrame);
    return { sampleCount: undefined };
  }

  /** Damage begins at the current byte. */
  #lose(reason: string): void {
    if (!this.#salvage) throw damageError(reason, this.#offset, this.#nextFrame);
    this.#lost = { offset: this.#offset, reason };
  }

  /** Damage ends at the current byte, where frame `frame` follows. */
  #closeDamage(frame: number | undefined): void {
    if (!this.#lost) return;
    const frames = frame === undefined ? undefined : frame - this.#nextFrame;
    this.#damage.push({ ...this.#lost, byteLength: this.#offset - this.#lost.offset, firstFrame: this.#nextFrame, frames });
    this.#lost = undefined;
    if (frame !== undefined) this.#nextFrame = frame;
  }

  #advance(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#offset += count;
  }
}

/** The error for a damaged token file. */
export function damageError(reason: string, offset: number, frame: number): CodecError {
  return new CodecError(
    "bad-format",
    `Cannot read the token file at byte ${offset}, frame ${frame}: ${reason}; copy the file again, or read its undamaged blocks with salvage`,
  );
}

/** Whether a marker ("BLK1" or "END1") may begin with this byte. */
function isMarkerStart(byte: number): boolean {
  return byte === 0x42 || byte === 0x45;
}
