/**
 * The container of a model for small devices: a header of 96 bytes, records of 32 bytes, then
 * their data, each at a multiple of 32. `embedded/` opens it in place. Specification:
 * docs/c-blob.md.
 */
import { hexOf } from "../../bytes/hex.ts";
import { crc32c } from "../../bytes/crc32c.ts";
import { CodecError } from "../../errors.ts";

/**
 * Sizes and settings of a model, in the order of the header: twelve whole numbers, three fractions,
 * five whole numbers.
 */
export interface BlobShape {
  readonly layers: number;
  readonly codebookSize: number;
  readonly codebookDim: number;
  readonly bands: number;
  readonly fineDim: number;
  readonly dim: number;
  readonly fineHidden: number;
  readonly hidden: number;
  readonly frameBlocks: number;
  readonly fineBlocks: number;
  readonly iterations: number;
  readonly openSteps: number;
  readonly floor: number;
  readonly momentum: number;
  readonly tolerance: number;
  /** Of the encoder: blocks at 100 Hz and at the frame rate, and how many sums its search keeps. */
  readonly encoderFineBlocks: number;
  readonly encoderFrameBlocks: number;
  readonly beamWidth: number;
  /** 0 and 1: a decoder; 2: an encoder; 3: both. */
  readonly parts: number;
  /** 0: all matrices have weights of 8 bits; 4: the large ones at the frame rate of 4. */
  readonly coarseBits: number;
}

/** What a record holds: bytes, or what writes them when their place is known. */
export type RecordBytes = Uint8Array | { readonly byteLength: number; write(into: Uint8Array): void };

/** What a blob holds. */
export interface BlobContent {
  /** Identity of the model, 32 hexadecimal digits. */
  readonly id: string;
  readonly shape: BlobShape;
  /** Bytes by name, in the order of the file; a name has 1 to 23 characters of ASCII. */
  readonly records: ReadonlyMap<string, Uint8Array>;
}

const MAGIC = "T12D";
/** Of a blob whose matrices all have weights of 8 bits, and of one with some of 4. */
const LAYOUT_VERSION = 1;
const LAYOUT_VERSION_OF_4_BITS = 2;
const HEADER_BYTES = 96;
const RECORD_BYTES = 32;
const NAME_BYTES = 24;
const ALIGNMENT = 32;
/** The checksum covers the file from here on. */
const CHECKED_FROM = 16;
const ID_BYTES = 16;
const SHAPE_AT = 36;
const INTEGERS = [
  "layers",
  "codebookSize",
  "codebookDim",
  "bands",
  "fineDim",
  "dim",
  "fineHidden",
  "hidden",
  "frameBlocks",
  "fineBlocks",
  "iterations",
  "openSteps",
] as const;
const FRACTIONS_AT: number = SHAPE_AT + 2 * INTEGERS.length;
const FRACTIONS = ["floor", "momentum", "tolerance"] as const;

const MORE_AT = 72;
const MORE = ["encoderFineBlocks", "encoderFrameBlocks", "beamWidth", "parts", "coarseBits"] as const;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** A blob in the making. */
export interface BlobDraft extends Omit<BlobContent, "records"> {
  /** In the order of the file, in which they are written, too. */
  readonly records: ReadonlyMap<string, RecordBytes>;
}

/** Options of {@link writeBlob}. */
export interface WriteBlobOptions {
  /**
   * Whether to compute the CRC-32C; false leaves 0, for a blob that does not leave this process.
   * Default true.
   */
  readonly checksum?: boolean;
  /** Gives the memory for so many bytes, all 0. Default: memory of its own. */
  readonly memory?: (bytes: number) => Uint8Array;
}

/** Writes a blob. */
export function writeBlob({ id, shape, records }: BlobDraft, { checksum = true, memory = newBytes }: WriteBlobOptions = {}): Uint8Array {
  const start = aligned(HEADER_BYTES + RECORD_BYTES * records.size);
  const out = memory([...records.values()].reduce((sum, { byteLength }) => sum + aligned(byteLength), start));
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const text = new TextEncoder();
  out.set(text.encode(MAGIC));
  view.setUint32(4, shape.coarseBits === 0 ? LAYOUT_VERSION : LAYOUT_VERSION_OF_4_BITS, true);
  view.setUint32(8, out.length, true);
  for (let i = 0; i < ID_BYTES; i++) out[CHECKED_FROM + i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16);
  view.setUint32(32, records.size, true);
  INTEGERS.forEach((field, i) => view.setUint16(SHAPE_AT + 2 * i, shape[field], true));
  FRACTIONS.forEach((field, i) => view.setFloat32(FRACTIONS_AT + 4 * i, shape[field], true));
  MORE.forEach((field, i) => view.setUint16(MORE_AT + 2 * i, shape[field], true));
  let at = start;
  [...records].forEach(([name, bytes], i) => {
    const record = HEADER_BYTES + RECORD_BYTES * i;
    out.set(text.encode(name), record);
    view.setUint32(record + NAME_BYTES, at, true);
    view.setUint32(record + NAME_BYTES + 4, bytes.byteLength, true);
    if (bytes instanceof Uint8Array) out.set(bytes, at);
    else bytes.write(out.subarray(at, at + bytes.byteLength));
    at += aligned(bytes.byteLength);
  });
  if (checksum) view.setUint32(12, crc32c(out.subarray(CHECKED_FROM)), true);
  return out;
}

function newBytes(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/**
 * Reads a blob. Records are views, not copies.
 * @throws CodecError `bad-format` for what is no blob, is of another version, is cut short or
 * damaged
 */
export function readBlob(bytes: Uint8Array): BlobContent {
  if (bytes.length < HEADER_BYTES) throw bad(`it has ${bytes.length} bytes, a header alone has ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== MAGIC) throw bad(`it does not begin with "${MAGIC}"`);
  const [version, length, crc, count] = [4, 8, 12, 32].map((at) => view.getUint32(at, true));
  if (version !== LAYOUT_VERSION && version !== LAYOUT_VERSION_OF_4_BITS)
    throw bad(`its layout has version ${version}, this program knows ${LAYOUT_VERSION} and ${LAYOUT_VERSION_OF_4_BITS}`);
  if (length !== bytes.length) throw bad(`its header says ${length} bytes, there are ${bytes.length}`);
  if (crc !== crc32c(bytes.subarray(CHECKED_FROM))) throw bad("its checksum is wrong");
  if (HEADER_BYTES + RECORD_BYTES * count > length) throw bad(`it names ${count} records, which do not fit`);
  const records = new Map(Array.from({ length: count }, (_, i) => readRecord(bytes, view, HEADER_BYTES + RECORD_BYTES * i)));
  const shape = readShape(view);
  if (shape.coarseBits !== (version === LAYOUT_VERSION ? 0 : 4))
    throw bad(`version ${version} of its layout has no matrices of ${shape.coarseBits} bits`);
  return { id: hexOf(bytes.subarray(CHECKED_FROM, CHECKED_FROM + ID_BYTES)), shape, records };
}

function readShape(view: DataView): BlobShape {
  const integers = INTEGERS.map((field, i) => [field, view.getUint16(SHAPE_AT + 2 * i, true)] as const);
  const fractions = FRACTIONS.map((field, i) => [field, view.getFloat32(FRACTIONS_AT + 4 * i, true)] as const);
  const more = MORE.map((field, i) => [field, view.getUint16(MORE_AT + 2 * i, true)] as const);
  return Object.fromEntries([...integers, ...fractions, ...more]) as unknown as BlobShape;
}

function readRecord(bytes: Uint8Array, view: DataView, at: number): [string, Uint8Array] {
  const name = String.fromCharCode(...bytes.subarray(at, at + NAME_BYTES)).replace(/\0+$/, "");
  const [begin, length] = [view.getUint32(at + NAME_BYTES, true), view.getUint32(at + NAME_BYTES + 4, true)];
  if (begin % ALIGNMENT !== 0 || begin + length > bytes.length) throw bad(`its record "${name}" does not lie inside it`);
  return [name, bytes.subarray(begin, begin + length)];
}

function bad(what: string): CodecError {
  return new CodecError("bad-format", `Cannot use this blob: ${what}; export it again`);
}
