// NumPy's .npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions
// 1.0 to 3.0.
import type { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { codesOfGrid, type GridReading } from "./code-grid.ts";

interface Header {
  readonly kind: string; // i or u
  readonly size: number; // bytes of an element
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/**
 * Longest header that is read: that of a structured array may be longer, that of a plain one never
 * is.
 */
const MAX_HEADER_BYTES = 10_000;

/** Whether some bytes begin as a .npy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Codes as `.npy`: `<i2`, C order, shape `[T, K]`. Model and sample count are left out.
 */
export function serializeNpy(codes: Codes): Uint8Array {
  const dict = `{'descr': '<i2', 'fortran_order': False, 'shape': (${codes.frames}, ${codes.layers}), }`;
  const dataOffset = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const out = new Uint8Array(dataOffset + codes.data.length * 2);
  out.set([...MAGIC, 1, 0]);
  const view = new DataView(out.buffer);
  view.setUint16(8, dataOffset - 10, true);
  out.set(new TextEncoder().encode(`${dict.padEnd(dataOffset - 11)}\n`), 10);
  for (let i = 0; i < codes.data.length; i++) view.setInt16(dataOffset + 2 * i, codes.data[i], true);
  return out;
}

/**
 * Codes of a `.npy` file of integers (8 to 64 bit, either sign and byte order, C or Fortran order).
 * What follows the array is left out, as `numpy.load` does: arrays may be saved one after the
 * other.
 * @throws CodecError `bad-format` when it is damaged or cut short, `unsupported` for other element
 * types, `bad-codes` for a wrong shape or code
 */
export function parseNpy(bytes: Uint8Array, options: GridReading = {}): Codes {
  const header = parseHeader(bytes);
  const { shape, dataOffset, size, fortran } = header;
  const wanted = shape.reduce((n, d) => n * d, size);
  const found = bytes.length - dataOffset;
  if (found < wanted) throw bad(`shape [${shape}] takes ${wanted} bytes, there are ${found}; copy or make the file again`);
  if (found > wanted) options.note?.(`${found - wanted} bytes follow the array, which are left out`);
  const valueOf = elementReader(header, new DataView(bytes.buffer, bytes.byteOffset + dataOffset, found));
  const [rows, columns] = shape;
  const valueAt = (row: number, column: number): number => valueOf((fortran ? column * rows + row : row * columns + column) * size);
  return codesOfGrid({ where: "the .npy file", shape, valueAt }, options);
}

function parseHeader(bytes: Uint8Array): Header {
  if (!isNpy(bytes)) throw bad("it does not begin with \\x93NUMPY; give a file that numpy.save wrote");
  if (bytes.length < 12) throw bad("it ends within the header; copy or make the file again");
  const major = bytes[6];
  if (major < 1 || major > 3)
    throw new CodecError("unsupported", `Cannot read the .npy file: it has version ${major}, 1 to 3 are read; save it with numpy.save`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [start, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES)
    throw new CodecError("too-large", `Cannot read the .npy file: its header declares ${length} bytes, the limit is ${MAX_HEADER_BYTES}`);
  if (start + length > bytes.length) throw bad("it ends within the header; copy or make the file again");
  return { ...parseDict(new TextDecoder("latin1").decode(bytes.subarray(start, start + length))), dataOffset: start + length };
}

/**
 * The Python dictionary of the header, of which only what numpy writes for plain arrays is
 * understood.
 */
function parseDict(text: string): Omit<Header, "dataOffset"> {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const type = /^([<>|=]?)([iu])([1248])$/.exec(descr ?? "");
  if (order === undefined || shape === undefined) throw bad("its header is damaged; copy or make the file again");
  if (!type)
    throw new CodecError(
      "unsupported",
      `Cannot read the .npy file: its elements are ${descr ? `"${descr}"` : "records"}, integers are wanted; save codes.astype("int16")`,
    );
  const sizes = shape.split(",").map((part) => part.trim().replace(/L$/, ""));
  return {
    kind: type[2],
    size: Number(type[3]),
    littleEndian: type[1] !== ">",
    fortran: order === "True",
    shape: sizes.filter((part) => part !== "").map(Number),
  };
}

function elementReader({ kind, size, littleEndian }: Header, view: DataView): (at: number) => number {
  const signed = kind === "i";
  if (size === 1) return signed ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
  if (size === 2) return signed ? (at) => view.getInt16(at, littleEndian) : (at) => view.getUint16(at, littleEndian);
  if (size === 4) return signed ? (at) => view.getInt32(at, littleEndian) : (at) => view.getUint32(at, littleEndian);
  return signed ? (at) => Number(view.getBigInt64(at, littleEndian)) : (at) => Number(view.getBigUint64(at, littleEndian));
}

function bad(found: string): CodecError {
  return new CodecError("bad-format", `Cannot read the .npy file: ${found}`);
}
