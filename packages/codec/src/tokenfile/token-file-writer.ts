import { joinBytes } from "../bytes/join.ts";
import { Codes } from "../codes/codes.ts";
import { samplesOf } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";
import { assertIntegers, assertOptions } from "../misuse.ts";
import { assertSameModel } from "../codes/same-model.ts";
import { writeBlock, writeTrailer } from "./token-file-block.ts";
import { completeHeader, type StoredHeader, type TokenFileHeader, type TokenFileOptions, writeHeader } from "./token-file-header.ts";

/** Largest frame number that a file can hold: ten years at 12.5 frames/s. */
const MAX_FRAMES = 2 ** 32 - 1;
const NOTHING = new Uint8Array(0);

/**
 * Writes a token file piece by piece. Every method returns the bytes that are now final, to be
 * appended to the file in that order; the first piece begins with the header. Full blocks do not
 * depend on how the codes were cut into pieces.
 */
export class TokenFileWriter {
  /** What the file says about its codes, with all defaults filled in. */
  readonly header: TokenFileHeader;
  readonly #stored: StoredHeader;
  #headerBytes: Uint8Array; // until it was given out
  readonly #pending: Int16Array; // [blockFrames, K], the block that is being filled
  #filled = 0; // codes in it
  #frames = 0; // frames in blocks that were given out
  #finished = false;

  /** @throws RangeError when a value is outside its range; TypeError without options */
  constructor(options: TokenFileOptions) {
    assertOptions(options, { layers: "number", codebookSize: "number", sampleRate: "number", blockFrames: "number", frameRate: "object" });
    const written = writeHeader(completeHeader(options));
    this.header = written.header;
    this.#stored = written;
    this.#headerBytes = written.bytes;
    this.#pending = new Int16Array(this.header.blockFrames * this.header.layers);
  }

  /** Frames pushed so far. */
  get frames(): number {
    return this.#frames + this.#filled / this.header.layers;
  }

  /**
   * Adds frames; none at all gives the header at once.
   * @param codes `[T, K]`, whole frames; not changed
   * @returns header and full blocks that are now final; may be empty
   * @throws CodecError `bad-codes` for a code out of range or a broken frame, `model-mismatch` for
   * codes of another model, `closed` after {@link finish}, `too-large` after 2^32 - 1 frames
   */
  push(codes: Codes | Int16Array): Uint8Array {
    this.#checkOpen();
    const { data } = this.#checked(codes);
    const parts = [this.#takeHeader()];
    for (let at = 0; at < data.length; ) {
      const piece = data.subarray(at, at + this.#pending.length - this.#filled);
      this.#pending.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === this.#pending.length) parts.push(this.#takeBlock());
    }
    return joinBytes(parts);
  }

  /**
   * Closes the current block early, so that a reader sees its frames now. Costs 14 bytes each time.
   * @returns the block (and the header, if it is still due); may be empty
   * @throws CodecError `closed` after {@link finish}
   */
  flushBlock(): Uint8Array {
    this.#checkOpen();
    return joinBytes([this.#takeHeader(), this.#takeBlock()]);
  }

  /**
   * Closes the last block and writes the trailer. The writer is closed afterwards.
   * @param sampleCount samples of the original at the file's sample rate, so that decoding gives
   * back its length. Default: whole frames
   * @throws RangeError when there are more samples than the frames stand for, CodecError `closed`
   * after an earlier finish
   */
  finish(sampleCount?: number): Uint8Array {
    this.#checkOpen();
    const most = samplesOf(this.header, this.frames);
    if (sampleCount !== undefined && !(Number.isSafeInteger(sampleCount) && sampleCount >= 0 && sampleCount <= most)) {
      throw new RangeError(`Cannot end the token file with ${sampleCount} samples: ${this.frames} frames stand for 0 to ${most}`);
    }
    const parts = [this.#takeHeader(), this.#takeBlock()];
    this.#finished = true;
    return joinBytes([...parts, writeTrailer(this.#stored, this.#frames, sampleCount)]);
  }

  #takeHeader(): Uint8Array {
    const bytes = this.#headerBytes;
    this.#headerBytes = NOTHING;
    return bytes;
  }

  #takeBlock(): Uint8Array {
    if (this.#filled === 0) return NOTHING;
    const block = writeBlock(this.#stored, this.#frames, this.#pending.subarray(0, this.#filled));
    this.#frames += this.#filled / this.header.layers;
    this.#filled = 0;
    return block;
  }

  /** Everything is checked before anything is kept, so that a refused piece leaves no trace. */
  #checked(codes: Codes | Int16Array): Codes {
    const { layers, codebookSize, model } = this.header;
    if (!(codes instanceof Codes)) assertIntegers(codes, "codes");
    const given = codes instanceof Codes ? codes : new Codes(codes, layers, { codebookSize });
    if (given.layers !== layers || given.codebookSize !== codebookSize) {
      const found = `${given.layers} layers of ${given.codebookSize} entries`;
      throw new CodecError(
        "bad-codes",
        `Cannot add codes of ${found} to the token file: its header says ${layers} layers of ${codebookSize}; write another file`,
      );
    }
    if (model && given.model) assertSameModel(given.model, model);
    if (this.frames + given.frames > MAX_FRAMES) {
      throw new CodecError(
        "too-large",
        `Cannot add ${given.frames} frames to the token file: it holds at most ${MAX_FRAMES}; begin another file`,
      );
    }
    return given;
  }

  #checkOpen(): void {
    if (this.#finished) throw new CodecError("closed", "Cannot write to the token file: it is finished; open another writer");
  }
}
