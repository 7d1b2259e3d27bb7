/// <reference lib="esnext.disposable" preserve="true" />
import { constants } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { Codes, concatCodes } from "../codes/codes.ts";
import type { CodesSpec } from "../codes/codes-spec.ts";
import { CodecError, messageOf } from "../errors.ts";
import { assertCodes, assertKind, assertOneOf, assertOptions } from "../misuse.ts";
import {
  CODES_FORMATS,
  type CodesFormat,
  codesFormatOf,
  type ParseCodesOptions,
  type ParsedCodes,
  parseCodes,
  serializeCodes,
} from "../tokenfile/codes-format.ts";
import { TokenFileWriter } from "../tokenfile/token-file-writer.ts";
import { fileError } from "./file-errors.ts";
import { assertLocalPath } from "./folders.ts";
import { byteStream, inputName } from "./files.ts";
import { OutputFile } from "./output-file.ts";

/**
 * Largest file of codes that is read: 16 bits x 16 layers x 12.5 frames/s x 12 h is 17 MB, and JSON
 * needs some five times as much.
 */
const LARGEST_CODES_FILE = 512 * 2 ** 20;

/** How a file of codes is read. */
export interface ReadCodesFileOptions extends Omit<ParseCodesOptions, "name"> {
  /** Cancels the reading, which may otherwise wait for the standard input for ever. */
  readonly signal?: AbortSignal | undefined;
  /** What the file holds, where it has been opened already. Default: the file is opened. */
  readonly bytes?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Reads a file of codes of any format: `.t12`, `.npy`, `.json`, `.jsonl` or `.pt`.
 * @param path file, or `-` for the standard input
 * @throws CodecError `not-found`, `no-permission`, `io`, `bad-format`, `unsupported`, `bad-codes`,
 * `model-mismatch`, `too-large`, `aborted`
 */
export async function readCodes(path: string, options: ReadCodesFileOptions = {}): Promise<ParsedCodes> {
  assertKind(path, "path", "string");
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of options.bytes ?? byteStream(path, options)) {
    length += piece.length;
    if (length > LARGEST_CODES_FILE)
      throw new CodecError("too-large", `Cannot read codes from ${inputName(path)}: it is larger than 512 MiB; cut it into parts`);
    pieces.push(piece);
  }
  try {
    return parseCodes(Buffer.concat(pieces), { ...options, name: path });
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new CodecError(error.code, `${messageOf(error)} (${inputName(path)})`, { cause: error });
  }
}

/** How a file of codes is written. */
export interface WriteCodesOptions {
  /** Default: by the extension of the name. */
  readonly format?: CodesFormat | undefined;
}

/**
 * Writes codes to a file, which appears under its name when it is whole.
 * @param path file, or `-` for the standard output
 * @returns bytes written
 * @throws CodecError `usage` for an unknown extension, `not-found`, `no-permission`, `io`
 */
export async function writeCodes(path: string, codes: Codes, options: WriteCodesOptions = {}): Promise<number> {
  assertKind(path, "path", "string");
  assertCodes(codes, "codes");
  assertOptions(options, {});
  assertOneOf(options.format, CODES_FORMATS, "format");
  const { format = codesFormatOf(path) } = options;
  const file = await OutputFile.create(path);
  try {
    await file.write(serializeCodes(codes, format));
    await file.commit();
    return file.position;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** What a {@link CodesFileWriter} must know before the first frame. */
export interface CodesFileOptions {
  /** What the frames that will come are. */
  readonly spec: CodesSpec;
  /**
   * Write under the final name from the start, block by block, so that others can read while it
   * grows; `t12` only. Default false.
   */
  readonly live?: boolean | undefined;
}

/** Where finished bytes go. */
interface Sink {
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Writes codes as they come. Token files are written block by block; of the other formats, which
 * need the count first, the codes are held in memory.
 */
export class CodesFileWriter {
  readonly #sink: Sink;
  readonly #format: CodesFormat;
  readonly #options: CodesFileOptions;
  #tokens: TokenFileWriter | undefined;
  readonly #held: Codes[] = [];

  private constructor(sink: Sink, format: CodesFormat, options: CodesFileOptions) {
    this.#sink = sink;
    this.#format = format;
    this.#options = options;
  }

  /**
   * Opens a file, or the standard output for `-`.
   * @throws CodecError `usage` when another format than `t12` is to be live, `not-found`,
   * `no-permission`, `io`
   */
  static async open(path: string, format: CodesFormat, options: CodesFileOptions): Promise<CodesFileWriter> {
    assertKind(format, "format", "string");
    assertOneOf(format, CODES_FORMATS, "format");
    assertOptions(options, { live: "boolean" });
    assertKind(options.spec, "spec", "object");
    if (options.live && format !== "t12")
      throw new CodecError(
        "usage",
        `Cannot write ".${format}" live: only token files can be read while they grow; choose a name that ends in .t12`,
      );
    const sink = options.live && path !== "-" ? await LiveFile.open(path) : await OutputFile.create(path);
    return new CodesFileWriter(sink, format, options);
  }

  /**
   * Adds frames. The first ones tell what they are, more exactly than
   * {@link CodesFileOptions.spec}: what the encoder's attention saw is known late.
   */
  async write(codes: Codes): Promise<void> {
    assertCodes(codes, "codes");
    if (this.#format === "t12") await this.#sink.write(this.#tokenWriter(codes.spec).push(codes));
    else this.#held.push(codes);
  }

  /**
   * Finishes the file.
   * @param sampleCount samples that the frames stand for
   * @returns bytes in the file
   */
  async commit(sampleCount: number | undefined): Promise<number> {
    await this.#sink.write(
      this.#format === "t12" ? this.#tokenWriter(this.#options.spec).finish(sampleCount) : this.#serialized(sampleCount),
    );
    await this.#sink.commit();
    return this.#sink.position;
  }

  #tokenWriter(spec: CodesSpec): TokenFileWriter {
    this.#tokens ??= new TokenFileWriter(spec);
    return this.#tokens;
  }

  #serialized(sampleCount: number | undefined): Uint8Array {
    const codes = this.#held.length > 0 ? concatCodes(this.#held) : Codes.empty(this.#options.spec);
    return serializeCodes(codes.withSampleCount(sampleCount), this.#format);
  }

  /**
   * Removes what was written; of a live file nothing but the block that was not full is lost.
   * Harmless after {@link commit}.
   */
  async discard(): Promise<void> {
    await this.#sink.discard();
  }

  /** {@link CodesFileWriter.discard}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.discard();
  }
}

/** A file that is written in place, so that it is there from the start and survives a crash. */
class LiveFile implements Sink {
  position = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  /** What was there before stays until the first bytes come. */
  readonly #existed: boolean;
  #open = true;

  private constructor(path: string, handle: FileHandle, existed: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#existed = existed;
  }

  static async open(path: string): Promise<LiveFile> {
    assertLocalPath("write", path);
    try {
      const existed = await stat(path).then(
        () => true,
        () => false,
      );
      return new LiveFile(path, await open(path, constants.O_WRONLY | constants.O_CREAT), existed);
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      if (this.position === 0 && this.#existed) await this.#empty();
      await this.#handle.writeFile(bytes);
      this.position += bytes.length;
    } catch (error) {
      throw fileError("write", this.#path, error);
    }
  }

  async commit(): Promise<void> {
    await this.discard();
  }

  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
    if (this.position === 0 && !this.#existed) await rm(this.#path, { force: true });
  }

  async #empty(): Promise<void> {
    if ((await this.#handle.stat()).isFile()) await this.#handle.truncate(0);
  }
}
