// The safetensors container: 8 bytes header length (little-endian), a JSON header, then the tensors
// without gaps. Source: https://github.com/huggingface/safetensors, README section "Format".
import { type ByteSource, readExactly } from "../bytes/byte-source.ts";
import { CodecError } from "../errors.ts";
import { floatsOfHalves } from "../bytes/float16.ts";
import { gitPointer } from "../bytes/git-pointer.ts";
import { endOfString, isNestedDeeper } from "../bytes/json-depth.ts";

/** Typed arrays that a tensor may be seen through. */
export type TensorArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Where one tensor lies. */
export interface TensorEntry {
  /**
   * Element type as the file says it: `F32`, `F16`, `BF16`, `I8`, `I64`, ... Types that are not
   * known here are kept as they are.
   */
  readonly dtype: string;
  /** Sizes of the axes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly begin: number;
  /** One past the last byte, counted from the start of the file. */
  readonly end: number;
}

/** The header of a safetensors file. */
export interface SafetensorsIndex {
  /** Tensors by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Where the data begin, counted from the start of the file. */
  readonly dataOffset: number;
  /** The free-form `__metadata__` strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

type ArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TensorArray;

interface DtypeInfo {
  readonly size: number;
  readonly array: ArrayConstructor;
}

const DTYPES: ReadonlyMap<string, DtypeInfo> = new Map<string, DtypeInfo>([
  ["BOOL", { size: 1, array: Uint8Array }],
  ["U8", { size: 1, array: Uint8Array }],
  ["I8", { size: 1, array: Int8Array }],
  ["F8_E4M3", { size: 1, array: Uint8Array }],
  ["F8_E5M2", { size: 1, array: Uint8Array }],
  ["I16", { size: 2, array: Int16Array }],
  ["U16", { size: 2, array: Uint16Array }],
  ["F16", { size: 2, array: Uint16Array }],
  ["BF16", { size: 2, array: Uint16Array }],
  ["I32", { size: 4, array: Int32Array }],
  ["U32", { size: 4, array: Uint32Array }],
  ["F32", { size: 4, array: Float32Array }],
  ["F64", { size: 8, array: Float64Array }],
  ["I64", { size: 8, array: BigInt64Array }],
  ["U64", { size: 8, array: BigUint64Array }],
]);

/** Longest header that is read, the limit of the reference implementation (100 000 000 bytes). */
const MAX_HEADER_BYTES = 100_000_000;
/** Deepest nesting of the header: three are needed. */
const MAX_DEPTH = 32;
/** Axes of a tensor; more is no weight file but an attack on a loop. */
const MAX_AXES = 32;

/**
 * Reads the header of a safetensors file from its bytes.
 * @param bytes the whole file, or at least its header
 * @param fileBytes length of the whole file, when `bytes` is only its beginning
 * @throws CodecError `bad-format` or `too-large`, when anything in the header does not fit the file
 */
export function readSafetensorsIndex(bytes: Uint8Array, fileBytes: number = bytes.byteLength): SafetensorsIndex {
  const pointer = gitPointer(bytes);
  if (pointer) throw new CodecError("bad-format", `Cannot read the safetensors file: it is ${pointer}`);
  const headerBytes = headerLength(bytes, fileBytes);
  if (bytes.byteLength < 8 + headerBytes) throw bad(`the header of ${headerBytes} bytes is not all there`);
  return parseHeader(bytes.subarray(8, 8 + headerBytes), fileBytes);
}

/**
 * Reads only the header of a large file.
 * @throws CodecError `bad-format` or `too-large`, when anything in the header does not fit the file
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsIndex> {
  const headerBytes = headerLength(await source.slice(0, Math.min(8, source.byteLength)), source.byteLength);
  return parseHeader(await readExactly(source, 8, 8 + headerBytes), source.byteLength);
}

/**
 * One tensor as it is stored: a view where the alignment allows it, else a copy. `Float32Array` for
 * F32, `Int8Array` for I8, ...; F16 and BF16 are `Uint16Array` bit patterns; unknown element types
 * are bytes.
 * @throws CodecError `bad-model` when the file has no such tensor
 */
export function tensorData(bytes: Uint8Array, index: SafetensorsIndex, name: string): TensorArray {
  const entry = entryOf(index, name);
  if (bytes.byteLength < entry.end) throw bad(`tensor "${name}" ends at byte ${entry.end}, the file has ${bytes.byteLength}`);
  return viewAs(bytes.subarray(entry.begin, entry.end), entry.dtype);
}

/**
 * One tensor, as {@link tensorData} gives it, whose bytes a function reads.
 * @throws CodecError `bad-model` when the file has no such tensor
 */
export function tensorOf(index: SafetensorsIndex, name: string, read: (entry: TensorEntry) => Uint8Array): TensorArray {
  const entry = entryOf(index, name);
  return viewAs(read(entry), entry.dtype);
}

/**
 * Elements as 32-bit floats.
 * @param data as {@link tensorData} gives it; returned itself when it is F32
 * @param dtype element type of the file
 * @throws CodecError `unsupported` for element types without an exact or usual conversion
 */
export function floatsOf(data: TensorArray, dtype: string): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === "BF16" && data instanceof Uint16Array) return bfloat16ToFloat32(data);
  if (dtype === "F16" && data instanceof Uint16Array) return floatsOfHalves(data);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array || !DTYPES.has(dtype) || dtype.startsWith("F8")) {
    throw new CodecError("unsupported", `Cannot use elements of type "${dtype}" as numbers: convert the weights to F32, F16, BF16 or I8`);
  }
  return Float32Array.from(data);
}

function headerLength(bytes: Uint8Array, fileBytes: number): number {
  if (bytes.byteLength < 8) throw bad(`the file has ${bytes.byteLength} bytes, a header begins with 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new CodecError("too-large", `Cannot read the safetensors header: it declares ${length} bytes, the limit is ${MAX_HEADER_BYTES}`);
  }
  if (8 + Number(length) > fileBytes) throw bad(`the header declares ${length} bytes, the file has ${fileBytes}`);
  return Number(length);
}

function parseHeader(json: Uint8Array, fileBytes: number): SafetensorsIndex {
  const dataOffset = 8 + json.byteLength;
  const header = parseJsonObject(json);
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, parseEntry(name, value, dataOffset));
  }
  checkLayout(tensors, dataOffset, fileBytes);
  return { tensors, dataOffset, metadata: parseMetadata(header.__metadata__) };
}

function parseJsonObject(json: Uint8Array): Record<string, unknown> {
  if (isNestedDeeper(json, MAX_DEPTH)) throw bad(`the header is nested more than ${MAX_DEPTH} deep`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw bad("the header is not JSON in UTF-8", cause);
  }
  if (!isObject(value) || json[0] !== 0x7b) throw bad("the header is not a JSON object");
  const twice = duplicateKey(json);
  if (twice !== undefined) throw bad(`the header names "${twice}" twice`);
  return value;
}

function parseEntry(name: string, value: unknown, dataOffset: number): TensorEntry {
  if (!isObject(value)) throw bad(`the entry of tensor "${name}" is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw bad(`tensor "${name}" has no element type`);
  if (!isSizes(shape) || shape.length > MAX_AXES) throw bad(`tensor "${name}" has no usable shape`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) throw bad(`tensor "${name}" has no usable offsets`);
  const wanted = byteCount(dtype, shape);
  const found = offsets[1] - offsets[0];
  if (wanted !== undefined && wanted !== found) throw bad(`tensor "${name}" is ${dtype} [${shape}], ${wanted} bytes, but has ${found}`);
  return { dtype, shape, begin: dataOffset + offsets[0], end: dataOffset + offsets[1] };
}

/** The data must be covered without gap or overlap, as the format asks. */
function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, dataOffset: number, fileBytes: number): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = dataOffset;
  for (const [name, entry] of ordered) {
    if (entry.begin < at) throw bad(`tensor "${name}" overlaps the one before it`);
    if (entry.begin > at) throw bad(`${entry.begin - at} bytes before tensor "${name}" belong to no tensor`);
    if (entry.end > fileBytes) throw bad(`tensor "${name}" ends at byte ${entry.end}, the file has ${fileBytes}`);
    at = entry.end;
  }
  if (at !== fileBytes) throw bad(`${fileBytes - at} bytes at the end belong to no tensor`);
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (isObject(value) && Object.values(value).every((v) => typeof v === "string")) return value as Record<string, string>;
  throw bad(`"__metadata__" is not a table of strings`);
}

/**
 * The first name that occurs twice at the top of a JSON object; `JSON.parse` keeps only the last
 * one silently. `json` is valid JSON.
 */
function duplicateKey(json: Uint8Array): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let isKey = false; // whether a string here would be a name
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x7b || byte === 0x5b) isKey = ++depth === 1;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x2c) isKey = depth === 1;
    else if (byte === 0x22) {
      const end = endOfString(json, at);
      if (isKey) {
        const key = JSON.parse(new TextDecoder().decode(json.subarray(at, end + 1))) as string;
        if (seen.has(key)) return key;
        seen.add(key);
      }
      isKey = false;
      at = end;
    }
  }
  return undefined;
}

function entryOf(index: SafetensorsIndex, name: string): TensorEntry {
  const entry = index.tensors.get(name);
  if (entry) return entry;
  throw new CodecError(
    "bad-model",
    `Cannot find tensor "${name}" among the ${index.tensors.size} of the weight file: these are weights of another model`,
  );
}

function viewAs(bytes: Uint8Array, dtype: string): TensorArray {
  const { size, array } = DTYPES.get(dtype) ?? { size: 1, array: Uint8Array };
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i] << 16;
  return new Float32Array(out.buffer);
}

/** Bytes of a tensor, or undefined for an unknown element type. */
function byteCount(dtype: string, shape: readonly number[]): number | undefined {
  const info = DTYPES.get(dtype);
  return info && shape.reduce((n, d) => n * d, info.size);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(found: string, cause?: unknown): CodecError {
  return new CodecError(
    "bad-format",
    `Cannot read the safetensors file: ${found}; the file is damaged or cut short, copy or download it again`,
    cause === undefined ? undefined : { cause },
  );
}
