/**
 * Reads NumPy's .npz files (zip, stored or deflated) of float32 and int16 arrays, and writes and
 * reads single .npy arrays.
 */
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50; // APPNOTE.TXT 4.3.16
const TYPES = { "<f4": Float32Array, "<i2": Int16Array, "<i4": Int32Array, "<i8": BigInt64Array, "|u1": Uint8Array };
/** numpy.lib.format: magic, version 1.0. */
const NPY_START = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];

/** Arrays by name of an .npz file. */
export function readNpz(bytes) {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = file.length - 22;
  while (end >= 0 && file.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("This is no .npz file: it has no zip directory");
  const arrays = {};
  let at = file.readUInt32LE(end + 16);
  for (let count = file.readUInt16LE(end + 10); count > 0; count--) {
    const { name, content, next } = readEntry(file, at);
    arrays[name.replace(/\.npy$/, "")] = readNpy(content);
    at = next;
  }
  return arrays;
}

/** One entry of the zip directory (APPNOTE.TXT 4.3.12) and its content. */
function readEntry(file, at) {
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset));
  const local = file.readUInt32LE(at + 42);
  const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  const stored = file.subarray(begin, begin + file.readUInt32LE(at + 20));
  return {
    name: file.toString("utf8", at + 46, at + 46 + nameBytes),
    content: file.readUInt16LE(at + 10) === 0 ? stored : inflateRawSync(stored),
    next: at + 46 + nameBytes + extraBytes + commentBytes,
  };
}

/** One array in C order. */
export function readNpy(bytes) {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, 6).equals(Buffer.from(NPY_START.slice(0, 6))))
    throw new Error("This is no .npy array: it does not begin with \\x93NUMPY");
  const begin = file[6] === 1 ? 10 : 12;
  const headerEnd = begin + (file[6] === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8));
  const header = file.toString("latin1", begin, headerEnd);
  const type = /'descr': '([^']*)'/.exec(header)?.[1];
  const ArrayType = TYPES[type];
  if (!ArrayType || !header.includes("'fortran_order': False"))
    throw new Error(`This .npy array is of a kind that is not read: ${header.trim()}`);
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  return { data: new ArrayType(new Uint8Array(file.subarray(headerEnd)).buffer), shape };
}

/** An array as .npy: Float32Array or Int16Array. */
export function writeNpy({ data, shape }) {
  const type = Object.keys(TYPES).find((name) => data instanceof TYPES[name]);
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const header = `${dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([...NPY_START, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
