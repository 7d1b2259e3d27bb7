/**
 * A safetensors file whose large tensors are given as floats of 16 bits: half of the bytes for a page.
 * They are rounded while they are sent; nothing is kept.
 */
import { open, type FileHandle } from "node:fs/promises";
import { openSafetensors, roundToHalves, type TensorEntry } from "@twelvehz/codec/internal";

/** Bytes that are made at once: about a millisecond's work. */
const PIECE = 2 ** 18;

/** A tensor, and where it begins in what is given. */
interface Place {
  readonly entry: TensorEntry;
  readonly begin: number;
  readonly isHalved: boolean;
}

/** What is given of one file. */
export class HalvedFile {
  readonly byteLength: number;
  /** Of this form of this version of the file. */
  readonly etag: string;
  readonly #path: string;
  readonly #header: Uint8Array;
  readonly #places: readonly Place[];

  private constructor(path: string, etag: string, places: readonly Place[], header: Uint8Array) {
    const last = places.at(-1);
    this.#path = path;
    this.#header = header;
    this.#places = places;
    this.etag = etag;
    this.byteLength = header.length + (last ? last.begin + bytesOf(last) : 0);
  }

  /**
   * Reads the header.
   * @param isHalved whether a tensor of 32-bit floats is to be rounded
   * @throws CodecError `bad-format` where it is no such file; as `open` of Node
   */
  static async open(path: string, isHalved: (name: string, shape: readonly number[]) => boolean): Promise<HalvedFile> {
    const file = await open(path);
    try {
      const { size, mtimeMs } = await file.stat();
      const index = await openSafetensors({ byteLength: size, slice: (start, end) => bytesAt(file, start, end) });
      const header: Record<string, unknown> = Object.keys(index.metadata).length > 0 ? { __metadata__: index.metadata } : {};
      const places: Place[] = [];
      let at = 0;
      for (const [name, entry] of [...index.tensors].sort(([, a], [, b]) => a.begin - b.begin)) {
        const place = { entry, begin: at, isHalved: entry.dtype === "F32" && isHalved(name, entry.shape) };
        const end = at + bytesOf(place);
        header[name] = { dtype: place.isHalved ? "F16" : entry.dtype, shape: entry.shape, data_offsets: [at, end] };
        places.push(place);
        at = end;
      }
      return new HalvedFile(path, `W/"${size.toString(16)}-${mtimeMs.toString(16)}-float16"`, places, withLength(header));
    } finally {
      await file.close();
    }
  }

  /** Bytes `start` to `end - 1`, in pieces. */
  async *bytes(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const first = this.#header.length;
    if (start < first) yield this.#header.subarray(start, end);
    const file = await open(this.#path);
    try {
      for (const place of this.#places) {
        const begin = first + place.begin;
        const to = Math.min(end - begin, bytesOf(place));
        for (let at = Math.max(0, start - begin); at < to; at += PIECE) yield partOf(file, place, at, Math.min(to, at + PIECE));
      }
    } finally {
      await file.close();
    }
  }
}

/** Bytes of a tensor as it is given. */
async function partOf(file: FileHandle, { entry, isHalved }: Place, start: number, end: number): Promise<Uint8Array> {
  if (!isHalved) return bytesAt(file, entry.begin + start, entry.begin + end);
  const first = Math.floor(start / 2);
  const last = Math.ceil(end / 2);
  const floats = new Float32Array((await bytesAt(file, entry.begin + 4 * first, entry.begin + 4 * last)).buffer);
  const halves = new Uint16Array(floats.length);
  roundToHalves(floats, halves);
  return new Uint8Array(halves.buffer).subarray(start - 2 * first, end - 2 * first);
}

function bytesOf({ entry, isHalved }: Place): number {
  return (entry.end - entry.begin) / (isHalved ? 2 : 1);
}

async function bytesAt(file: FileHandle, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  let done = 0;
  for (let read = 1; read > 0 && done < bytes.length; done += read)
    read = (await file.read(bytes, done, bytes.length - done, start + done)).bytesRead;
  if (done < bytes.length) throw new Error(`the file ends at byte ${start + done}`);
  return bytes;
}

/** The header as the file begins: its length, then JSON up to a multiple of 8. */
function withLength(header: Readonly<Record<string, unknown>>): Uint8Array {
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text.padEnd(8 * Math.ceil(text.length / 8)));
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
