// Whole token files in memory and from streams. Specification: docs/token-file.md.
import { assertBytes, assertCodes, assertOptions, assertPieces } from "../misuse.ts";
import { joinBytes } from "../bytes/join.ts";
import { Codes, concatCodes } from "../codes/codes.ts";
import { type SalvageOption, type TokenFileDamage, type TokenFileEvent, TokenFileParser } from "./token-file-parser.ts";
import type { TokenFileHeader, TokenFileOptions } from "./token-file-header.ts";
import { TokenFileWriter } from "./token-file-writer.ts";

/** A token file that was read whole. */
export interface TokenFile {
  readonly header: TokenFileHeader;
  /** All frames that are there, with the model and, where no frame is missing, the sample count. */
  readonly codes: Codes;
  /**
   * Whether the trailer is there. False: the file is still being written, or the writer was cut
   * off.
   */
  readonly complete: boolean;
  /** What cannot be used; see {@link TokenFileEnd.damage}. */
  readonly damage: readonly TokenFileDamage[];
}

/** What a whole token file may say beside what its {@link Codes} carry. */
export type WriteTokenFileOptions = Omit<TokenFileOptions, "layers" | "codebookSize" | "model" | "attention">;

/**
 * Reads a token file. One that is still being written is read up to its last whole block.
 * @param bytes the whole file; not changed
 * @throws CodecError `bad-format` for any damage (without `salvage`) or a damaged header,
 * `unsupported` for a later version
 */
export function readTokenFile(bytes: Uint8Array, options: SalvageOption = {}): TokenFile {
  assertBytes(bytes, "bytes");
  assertOptions(options, { salvage: "boolean" });
  const parser = new TokenFileParser(options);
  const collected = new TokenFileCollector();
  for (const event of parser.push(bytes)) collected.add(event);
  for (const event of parser.end()) collected.add(event);
  return collected.result();
}

/**
 * Writes codes as a complete token file.
 * @throws RangeError when a value is outside its range, or the codes count more samples than their
 * frames stand for
 */
export function writeTokenFile(codes: Codes, options: WriteTokenFileOptions = {}): Uint8Array {
  assertCodes(codes, "codes");
  const writer = new TokenFileWriter({ ...codes.spec, ...options });
  return joinBytes([writer.push(codes), writer.finish(codes.sampleCount)]);
}

/**
 * Reads a token file that arrives in pieces, such as from a pipe: one `header`, then `frames` block
 * by block as they arrive, then one `end`. Keeps at most one block.
 * @throws CodecError as {@link readTokenFile}
 */
export async function* tokenFileBlocks(
  bytes: AsyncIterable<Uint8Array>,
  options: SalvageOption = {},
): AsyncGenerator<TokenFileEvent, void, undefined> {
  assertPieces(bytes, "bytes", "Uint8Array");
  const parser = new TokenFileParser(options);
  for await (const chunk of bytes) yield* parser.push(chunk);
  yield* parser.end();
}

/** Puts the events of one file together. */
class TokenFileCollector {
  readonly #parts: Codes[] = [];
  #header: TokenFileHeader | undefined;
  #end: Extract<TokenFileEvent, { type: "end" }> | undefined;

  add(event: TokenFileEvent): void {
    if (event.type === "header") this.#header = event.header;
    else if (event.type === "frames") this.#parts.push(event.codes);
    else this.#end = event;
  }

  result(): TokenFile {
    const [header, end] = [this.#header, this.#end];
    if (!header || !end) throw new TypeError("Cannot put a token file together before its end");
    const codes = concatCodes([Codes.empty(header), ...this.#parts]).withSampleCount(end.sampleCount);
    return { header, codes, complete: end.complete, damage: end.damage };
  }
}
