// The header of a token file; docs/token-file.md, "Header".
import { hexOf } from "../bytes/hex.ts";
import type { ModelIdentity } from "../codes/model-info.ts";
import { type CodesSpec, DEFAULT_SPEC, lowestTerms } from "../codes/codes-spec.ts";
import { CodecError } from "../errors.ts";
import { crc32c } from "../bytes/crc32c.ts";

/** What a token file says about its codes. Its codebooks have at least two entries. */
export interface TokenFileHeader extends CodesSpec {
  /** Frames of a full block, 1 to 4096. */
  readonly blockFrames: number;
}

/** What a writer must be told, and what it may be told; the rest is as in {@link DEFAULT_SPEC}. */
export interface TokenFileOptions extends Partial<Omit<CodesSpec, "layers">>, Pick<CodesSpec, "layers"> {
  /**
   * Frames of a full block, 1 to 4096: what a crash may cost, and the step of seeking. Default 64
   * (5.12 s at 12.5 frames/s).
   */
  readonly blockFrames?: number;
}

/** Header and the length and checksum that it has in a file. */
export interface StoredHeader {
  readonly header: TokenFileHeader;
  /** Bytes of the header in the file; the first block begins there. */
  readonly byteLength: number;
  /** Its CRC-32C, with which the checksums of blocks and trailer begin. */
  readonly seed: number;
}

/**
 * First eight bytes. As in PNG (RFC 2083 section 12.11), a transfer that drops high bits or changes
 * line ends shows at once.
 */
export const TOKEN_FILE_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x54, 0x31, 0x32, 0x0d, 0x0a, 0x1a, 0x0a);
/** Bytes of the header before the name. */
export const FIXED_HEADER_BYTES = 48;
/** The version that is written and read here. */
const VERSION = 1;
const MAX_NAME_BYTES = 64;
const MAX_UINT32 = 2 ** 32 - 1;
const WINDOWED = 1;

/**
 * Fills in the defaults.
 * @throws RangeError when a value is outside its range
 */
export function completeHeader(options: TokenFileOptions): TokenFileHeader {
  const { model, layers, codebookSize = DEFAULT_SPEC.codebookSize, frameRate = DEFAULT_SPEC.frameRate } = options;
  const { sampleRate = DEFAULT_SPEC.sampleRate, attention = DEFAULT_SPEC.attention, blockFrames = 64 } = options;
  const header = { model, layers, codebookSize, frameRate, sampleRate, attention, blockFrames };
  const problem = headerProblem(header);
  if (problem) throw new RangeError(`Cannot write a token file: ${problem}`);
  return { ...header, frameRate: lowestTerms(frameRate) };
}

/** The header's bytes. `header` comes from {@link completeHeader}. */
export function writeHeader(header: TokenFileHeader): StoredHeader & { readonly bytes: Uint8Array } {
  const name = new TextEncoder().encode(header.model?.name ?? "");
  const bytes = new Uint8Array(FIXED_HEADER_BYTES + name.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(TOKEN_FILE_MAGIC);
  view.setUint16(8, VERSION, true);
  view.setUint16(10, header.attention === "windowed" ? WINDOWED : 0, true);
  view.setUint8(12, header.layers);
  view.setUint8(13, name.length);
  view.setUint16(14, header.codebookSize, true);
  view.setUint16(16, header.blockFrames, true);
  view.setUint32(20, header.sampleRate, true);
  view.setUint32(24, header.frameRate.numerator, true);
  view.setUint32(28, header.frameRate.denominator, true);
  bytes.set(idBytes(header.model), 32);
  bytes.set(name, FIXED_HEADER_BYTES);
  const seed = crc32c(bytes.subarray(0, -4));
  view.setUint32(bytes.length - 4, seed, true);
  return { header, bytes, byteLength: bytes.length, seed };
}

/**
 * Reads the header at the start of some bytes.
 * @returns undefined when more bytes are needed to tell
 * @throws CodecError `bad-format` when it is no token file or its header is damaged, `unsupported`
 * when its version or a flag is not known
 */
export function readHeader(bytes: Uint8Array): StoredHeader | undefined {
  const at = TOKEN_FILE_MAGIC.findIndex((byte, i) => i < bytes.length && bytes[i] !== byte);
  if (at >= 0) throw notTokenFile(bytes, at);
  if (bytes.length < FIXED_HEADER_BYTES) return undefined;
  const byteLength = FIXED_HEADER_BYTES + bytes[13] + 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkVersion(view);
  if (bytes[13] > MAX_NAME_BYTES) throw damaged(`the model's name has ${bytes[13]} bytes, the limit is ${MAX_NAME_BYTES}`);
  if (bytes.length < byteLength) return undefined;
  const seed = view.getUint32(byteLength - 4, true);
  if (crc32c(bytes.subarray(0, byteLength - 4)) !== seed) throw damaged("its checksum is wrong");
  checkFlags(view);
  const header = headerFields(bytes, view);
  const problem = headerProblem(header);
  if (problem) throw damaged(problem);
  return { header, byteLength, seed };
}

function headerFields(bytes: Uint8Array, view: DataView): TokenFileHeader {
  const flags = view.getUint16(10, true);
  return {
    model: modelOf(bytes.subarray(32, 48), bytes.subarray(FIXED_HEADER_BYTES, FIXED_HEADER_BYTES + bytes[13])),
    layers: view.getUint8(12),
    codebookSize: view.getUint16(14, true),
    frameRate: { numerator: view.getUint32(24, true), denominator: view.getUint32(28, true) },
    sampleRate: view.getUint32(20, true),
    attention: flags & WINDOWED ? "windowed" : "reference",
    blockFrames: view.getUint16(16, true),
  };
}

/** What is wrong with a header, or undefined. */
function headerProblem(header: TokenFileHeader): string | undefined {
  const { model, layers, codebookSize, frameRate, sampleRate, blockFrames } = header;
  const ranges: [string, number, number, number][] = [
    ["number of layers", layers, 1, 64],
    ["codebook size", codebookSize, 2, 32768],
    ["frames per block", blockFrames, 1, 4096],
    ["sample rate", sampleRate, 1, 768000],
    ["frame rate's numerator", frameRate.numerator, 1, MAX_UINT32],
    ["frame rate's denominator", frameRate.denominator, 1, MAX_UINT32],
  ];
  const outside = ranges.find(([, value, min, max]) => !Number.isInteger(value) || value < min || value > max);
  if (outside) return `the ${outside[0]} is ${outside[1]}, ${outside[2]} to ${outside[3]} is wanted`;
  return model && modelProblem(model);
}

/** What keeps a model from being named in a file, or undefined. */
export function modelProblem({ name, id }: ModelIdentity): string | undefined {
  if (!/^[0-9a-fA-F]{32}$/.test(id)) return `the model's id is "${id}", 32 hexadecimal digits are wanted`;
  if (/^0*$/.test(id)) return "the model's id is all zeros, which stands for an unknown model";
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MAX_NAME_BYTES) return `the model's name has ${bytes.length} bytes, the limit is ${MAX_NAME_BYTES}`;
  return decodeName(bytes) === name ? undefined : "the model's name is not well-formed Unicode";
}

function modelOf(id: Uint8Array, name: Uint8Array): ModelIdentity | undefined {
  const text = decodeName(name);
  if (text === undefined) throw damaged("the model's name is not UTF-8");
  if (id.some((byte) => byte !== 0)) return { name: text, id: hexOf(id) };
  if (text !== "") throw damaged(`it names model "${text}" without an id`);
  return undefined;
}

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function idBytes(model: ModelIdentity | undefined): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => (model ? Number.parseInt(model.id.slice(2 * i, 2 * i + 2), 16) : 0));
}

function checkVersion(view: DataView): void {
  const version = view.getUint16(8, true);
  if (version === VERSION) return;
  if (version === 0) throw damaged("its version is 0");
  throw new CodecError(
    "unsupported",
    `Cannot read the token file: it has version ${version}, this library reads version ${VERSION}; install a newer twelvehz`,
  );
}

function checkFlags(view: DataView): void {
  const unknown = view.getUint16(10, true) & ~WINDOWED;
  const reserved = view.getUint16(18, true);
  if (unknown === 0 && reserved === 0) return;
  throw new CodecError(
    "unsupported",
    `Cannot read the token file: it uses features that are not known here (flags ${unknown}, ${reserved}); install a newer twelvehz`,
  );
}

function notTokenFile(bytes: Uint8Array, at: number): CodecError {
  if (at >= 4) return damaged("its first bytes were changed, as happens when line ends are converted; transfer it as binary");
  const found = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new CodecError(
    "bad-format",
    `Cannot read the token file: it begins with ${found} instead of 89 54 31 32; give a file that twelvehz wrote as .t12`,
  );
}

function damaged(found: string): CodecError {
  return new CodecError("bad-format", `Cannot read the token file: its header is damaged: ${found}; copy or make the file again`);
}
