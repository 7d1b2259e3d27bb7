import type { Codes, ModelIdentity } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { assertSameModel } from "../codes/same-model.ts";
import { gitPointer } from "../bytes/git-pointer.ts";
import { assertBytes, assertCodes, assertKind, assertOneOf, assertOptions } from "../misuse.ts";
import type { GridReading, ReadCodesOptions } from "./code-grid.ts";
import { parseCodesJson, serializeCodesJson } from "./codes-json.ts";
import { parseJsonl, serializeJsonl } from "./jsonl.ts";
import { isNpy, parseNpy, serializeNpy } from "./npy.ts";
import { isNpz, parseNpz } from "./npz.ts";
import { isPt, parsePt, serializePt } from "./pt.ts";
import { utf8Of } from "./text-encoding.ts";
import { readTokenFile, writeTokenFile, type WriteTokenFileOptions } from "./token-file.ts";
import { TOKEN_FILE_MAGIC, type TokenFileHeader } from "./token-file-header.ts";
import type { SalvageOption, TokenFileDamage } from "./token-file-parser.ts";

/** The formats of codes; each is also the file extension. */
export type CodesFormat = "t12" | "npy" | "json" | "jsonl" | "pt";

/** All of them, the token file first. */
export const CODES_FORMATS: readonly CodesFormat[] = ["t12", "npy", "json", "jsonl", "pt"];

/** How a file of codes is read. */
export interface ParseCodesOptions extends ReadCodesOptions, SalvageOption {
  /** Name of the file: its extension decides where the content does not. */
  readonly name?: string;
  /** The model that is to use the codes; codes of another are refused. Default: any. */
  readonly expectedModel?: ModelIdentity;
}

/** A file of codes that was read. */
export interface ParsedCodes {
  readonly codes: Codes;
  readonly format: CodesFormat;
  /** The header, of token files only. */
  readonly header: TokenFileHeader | undefined;
  /** False for a token file without trailer: still being written, or cut off. */
  readonly complete: boolean;
  /** What could not be used, of token files only. */
  readonly damage: readonly TokenFileDamage[];
  /**
   * What the reader has gone over or taken for granted, for people: an order of axes that may be
   * another, bytes after an array.
   */
  readonly notes: readonly string[];
}

/**
 * The format that a file name asks for.
 * @throws CodecError `usage` when its extension is none of {@link CODES_FORMATS}
 */
export function codesFormatOf(name: string): CodesFormat {
  assertKind(name, "name", "string");
  const format = formatOfName(name);
  if (format) return format;
  throw new CodecError(
    "usage",
    `Cannot tell the format of codes from the name "${name}": choose one that ends in .${CODES_FORMATS.join(", .")}`,
  );
}

/**
 * Codes of a file of any of the formats, found by content first and by name where the content does
 * not say.
 * @param bytes the whole file; not changed
 * @throws CodecError `bad-format`, `unsupported` or `bad-codes` as the readers of the formats do,
 * `model-mismatch` when the file names another model
 */
export function parseCodes(bytes: Uint8Array, options: ParseCodesOptions = {}): ParsedCodes {
  assertBytes(bytes, "bytes");
  assertOptions(options, { name: "string", layers: "number", codebookSize: "number", salvage: "boolean", expectedModel: "object" });
  assertOneOf(options.axes, ["TK", "KT"], "axes");
  if (bytes.length === 0) throw new CodecError("bad-format", "Cannot read the codes: the file is empty; make it again");
  const pointer = gitPointer(bytes);
  if (pointer) throw new CodecError("bad-format", `Cannot read the codes: the file is ${pointer}`);
  const format = formatOfContent(bytes) ?? formatOfName(options.name ?? "") ?? formatOfText(utf8Of(bytes));
  if (!format)
    throw new CodecError("unsupported", `Cannot read the codes: the file is of no known format; give one of .${CODES_FORMATS.join(", .")}`);
  const parsed = parseAs(format, bytes, options);
  const { layers, expectedModel } = options;
  if (expectedModel) assertSameModel(parsed.codes.model, expectedModel);
  if (layers === undefined || parsed.codes.layers === layers) return parsed;
  throw new CodecError(
    "bad-codes",
    `Cannot use codes of ${parsed.codes.layers} layers: ${layers} are wanted; give codes of ${layers} layers`,
  );
}

/**
 * Codes as the bytes of a file. Model and sample count are kept by `t12` and `json` only.
 * @throws RangeError when an option is outside its range or the format does not exist; TypeError
 * for what are no codes
 */
export function serializeCodes(codes: Codes, format: CodesFormat, options: WriteTokenFileOptions = {}): Uint8Array {
  assertCodes(codes, "codes");
  assertKind(format, "format", "string");
  assertOneOf(format, CODES_FORMATS, "format");
  switch (format) {
    case "t12":
      return writeTokenFile(codes, options);
    case "npy":
      return serializeNpy(codes);
    case "json":
      return serializeCodesJson(codes, options);
    case "jsonl":
      return serializeJsonl([{ codes, fields: {} }]);
    case "pt":
      return serializePt(codes);
  }
}

function parseAs(format: CodesFormat, bytes: Uint8Array, options: ParseCodesOptions): ParsedCodes {
  if (format === "t12") return { format, ...readTokenFile(bytes, options), notes: [] };
  const notes: string[] = [];
  const codes = parsePlain(format, bytes, { ...options, note: (reason) => notes.push(reason) });
  return { format, codes, header: undefined, complete: true, damage: [], notes };
}

function parsePlain(format: Exclude<CodesFormat, "t12">, bytes: Uint8Array, options: GridReading): Codes {
  switch (format) {
    case "npy":
      return isNpz(bytes) ? parseNpz(bytes, options) : parseNpy(bytes, options);
    case "json":
      return parseCodesJson(utf8Of(bytes), options);
    case "jsonl":
      return onlyRow(utf8Of(bytes), options);
    case "pt":
      return parsePt(bytes, options);
  }
}

function onlyRow(bytes: Uint8Array, options: GridReading): Codes {
  const rows = parseJsonl(bytes, options);
  if (rows.length === 1) return rows[0].codes;
  throw new CodecError(
    "bad-format",
    `Cannot read the codes: the JSONL file has ${rows.length} rows, one is wanted; take out the row that is meant`,
  );
}

/**
 * Whether a file that begins so holds codes, of any of the formats.
 * @param head its first bytes, 12 or more where there are so many
 * @param name of the file: its extension decides where the content does not; JSON is looked for where
 * it has none
 */
export function looksLikeCodes(head: Uint8Array, name = ""): boolean {
  assertBytes(head, "head");
  assertKind(name, "name", "string");
  const isNamed = /\.[^./\\]+$/.test(name);
  return (formatOfContent(head) ?? formatOfName(name) ?? (isNamed ? undefined : formatOfText(utf8Of(head)))) !== undefined;
}

function formatOfContent(bytes: Uint8Array): CodesFormat | undefined {
  if (TOKEN_FILE_MAGIC.subarray(0, 4).every((byte, i) => bytes[i] === byte)) return "t12";
  if (isNpy(bytes) || isNpz(bytes)) return "npy";
  return isPt(bytes) ? "pt" : undefined;
}

function formatOfName(name: string): CodesFormat | undefined {
  const extension = /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase();
  return CODES_FORMATS.find((format) => format === extension);
}

/** JSON has no magic: its first character that is no space is a bracket. */
function formatOfText(bytes: Uint8Array): CodesFormat | undefined {
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x5b || first === 0x7b ? "json" : undefined;
}
