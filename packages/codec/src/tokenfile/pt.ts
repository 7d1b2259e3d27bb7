// PyTorch's .pt: an archive with a pickle that describes the tensor and a record with its numbers.
import type { Codes } from "../codes/codes.ts";
import { CodecError } from "../errors.ts";
import { codesOfGrid, type GridReading } from "./code-grid.ts";
import { StoredZip, writeStoredZip } from "./stored-zip.ts";
import { type PickledTensor, readTensorPickle, writeTensorPickle } from "./tensor-pickle.ts";

/** How the elements of a storage are read, and their size. */
const STORAGES: ReadonlyMap<string, readonly [size: number, read: (view: DataView, at: number) => number]> = new Map([
  ["ByteStorage", [1, (view: DataView, at: number) => view.getUint8(at)]],
  ["CharStorage", [1, (view: DataView, at: number) => view.getInt8(at)]],
  ["ShortStorage", [2, (view: DataView, at: number) => view.getInt16(at, true)]],
  ["IntStorage", [4, (view: DataView, at: number) => view.getInt32(at, true)]],
  ["LongStorage", [8, (view: DataView, at: number) => Number(view.getBigInt64(at, true))]],
] as const);

/** Whether some bytes begin as a .pt file (or another ZIP archive) does. */
export function isPt(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/**
 * Codes as `.pt`: an int16 tensor `[T, K]` that `torch.load(path, weights_only=True)` reads. Model
 * and sample count are left out.
 */
export function serializePt(codes: Codes): Uint8Array {
  const data = new Uint8Array(codes.data.length * 2);
  const view = new DataView(data.buffer);
  for (let i = 0; i < codes.data.length; i++) view.setInt16(2 * i, codes.data[i], true);
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return writeStoredZip(
    new Map([
      ["codes/data.pkl", writeTensorPickle(codes.frames, codes.layers)],
      ["codes/byteorder", text("little")],
      ["codes/data/0", data],
      ["codes/version", text("3\n")],
    ]),
  );
}

/**
 * Codes of a `.pt` file that `torch.save` wrote: one integer tensor (8 to 64 bit, any strides), or
 * a dictionary with it under `codes` or `audio_codes`, whatever else the dictionary holds. Nothing
 * in the file is executed.
 * @throws CodecError `bad-format` when it is damaged, `unsupported` when it holds anything else,
 * `bad-codes` for a wrong shape or code
 */
export function parsePt(bytes: Uint8Array, options: GridReading = {}): Codes {
  if (!isPt(bytes))
    throw new CodecError(
      "unsupported",
      "Cannot read the .pt file: it is no archive as PyTorch 1.6 and later write it; save it again with torch.save",
    );
  const zip = new StoredZip(bytes);
  const pickleName = zip.names.find((name) => name.endsWith("/data.pkl"));
  const pickle = pickleName && zip.get(pickleName);
  if (!pickleName || !pickle)
    throw new CodecError("bad-format", "Cannot read the .pt file: the archive has no data.pkl; give a file that torch.save wrote");
  const folder = pickleName.slice(0, -"data.pkl".length);
  checkByteOrder(zip.get(`${folder}byteorder`));
  const tensor = readTensorPickle(pickle);
  const data = zip.get(`${folder}data/${tensor.storageKey}`);
  if (!data)
    throw new CodecError(
      "bad-format",
      `Cannot read the .pt file: the archive has no record "${tensor.storageKey}"; copy or make the file again`,
    );
  return codesOfGrid({ where: "the .pt file", shape: tensor.shape, valueAt: elementReader(tensor, data) }, options);
}

function elementReader(tensor: PickledTensor, data: Uint8Array): (row: number, column: number) => number {
  const [size, read] = STORAGES.get(tensor.storageType) ?? [0, undefined];
  if (!read)
    throw new CodecError(
      "unsupported",
      `Cannot read the .pt file: its elements are of ${tensor.storageType}, integers are wanted; save codes.to(torch.int16)`,
    );
  const { offset, shape, strides } = tensor;
  const last = shape.reduce((at, d, i) => at + (d - 1) * strides[i], offset);
  const distinct = shape.reduce((n, d) => n * d, 1);
  const held = Math.floor(data.length / size);
  if (distinct > 0 && (last >= held || distinct > held)) {
    throw new CodecError(
      "bad-format",
      `Cannot read the .pt file: a tensor [${shape}] does not fit its ${held} stored elements; copy or make the file again`,
    );
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (row, column) => read(view, (offset + row * strides[0] + column * strides[1]) * size);
}

function checkByteOrder(record: Uint8Array | undefined): void {
  const order = record && new TextDecoder().decode(record);
  if (order === undefined || order === "little") return;
  throw new CodecError(
    "unsupported",
    `Cannot read the .pt file: its byte order is "${order.slice(0, 20)}", "little" is wanted; save it again on a little-endian machine`,
  );
}
