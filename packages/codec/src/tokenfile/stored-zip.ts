// ZIP archives whose entries are stored without compression, as PyTorch writes them. PKWARE APPNOTE
// 6.3.10, sections 4.3 and 4.4. Nothing is inflated, so no archive can take more memory than its
// own length.
import { joinBytes } from "../bytes/join.ts";
import { CodecError } from "../errors.ts";
import { crc32 } from "../bytes/crc32c.ts";

interface Entry {
  readonly crc: number;
  readonly byteLength: number;
  readonly localOffset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/**
 * PyTorch aligns the data of every record to 64 bytes (caffe2/serialize/inline_container.cc,
 * kFieldAlignment).
 */
const ALIGNMENT = 64;
/** 1980-01-01, the first day that ZIP knows: equal input gives equal bytes. */
const DATE = 0x21;
const UTF8_NAMES = 0x0800;

/**
 * An archive of stored entries, each aligned to 64 bytes. Equal input gives equal bytes.
 * @param entries names and bytes, under 4 GiB together
 */
export function writeStoredZip(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let at = 0;
  for (const [name, data] of entries) {
    const bytes = new TextEncoder().encode(name);
    const padding = (ALIGNMENT - ((at + 30 + bytes.length + 4) % ALIGNMENT)) % ALIGNMENT;
    const fields = commonFields(bytes, data);
    centrals.push(record(CENTRAL, 46, [[20, 2], ...fields, [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]], bytes));
    const local = record(LOCAL, 30, [...fields, [4 + padding, 2]], bytes, extraField(padding));
    locals.push(local, data);
    at += local.length + data.length;
  }
  const centralBytes = centrals.reduce((n, c) => n + c.length, 0);
  const end = record(END, 22, [
    [0, 2],
    [0, 2],
    [entries.size, 2],
    [entries.size, 2],
    [centralBytes, 4],
    [at, 4],
    [0, 2],
  ]);
  return joinBytes([...locals, ...centrals, end]);
}

/** Reads entries of an archive by name. */
export class StoredZip {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries: Map<string, Entry> = new Map();

  /**
   * @throws CodecError `bad-format` when it is no whole archive, `unsupported` when an entry is
   * compressed
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = this.#findEnd();
    const [count, start] = [this.#view.getUint16(end + 10, true), this.#view.getUint32(end + 16, true)];
    for (let i = 0, at = start; i < count; i++) at = this.#readCentral(at, end);
  }

  /** Names of all entries, in the order of the archive. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * The bytes of an entry, a view, or undefined where there is none.
   * @throws CodecError `bad-format` when its checksum is wrong or it does not lie inside the
   * archive
   */
  get(name: string): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const at = entry.localOffset;
    if (at + 30 > this.#bytes.length || this.#view.getUint32(at, true) !== LOCAL)
      throw bad(`entry "${name}" is not where the directory says`);
    const start = at + 30 + this.#view.getUint16(at + 26, true) + this.#view.getUint16(at + 28, true);
    const data = this.#bytes.subarray(start, start + entry.byteLength);
    if (data.length !== entry.byteLength) throw bad(`entry "${name}" ends after the file`);
    if (crc32(data) !== entry.crc) throw bad(`the checksum of entry "${name}" is wrong`);
    return data;
  }

  #findEnd(): number {
    for (let at = this.#bytes.length - 22; at >= Math.max(0, this.#bytes.length - 22 - 0xffff); at--) {
      if (this.#view.getUint32(at, true) === END) return at;
    }
    throw bad("it has no directory at its end");
  }

  /** Returns where the next directory entry begins. */
  #readCentral(at: number, end: number): number {
    if (at + 46 > end || this.#view.getUint32(at, true) !== CENTRAL) throw bad("its directory is damaged");
    const u16 = (offset: number): number => this.#view.getUint16(at + offset, true);
    const u32 = (offset: number): number => this.#view.getUint32(at + offset, true);
    const next = at + 46 + u16(28) + u16(30) + u16(32);
    if (next > end) throw bad("its directory is damaged");
    const name = new TextDecoder().decode(this.#bytes.subarray(at + 46, at + 46 + u16(28)));
    if (u16(10) !== 0 || u32(20) !== u32(24))
      throw new CodecError(
        "unsupported",
        `Cannot read the archive: entry "${name}" is compressed; save the codes with torch.save or numpy.savez, which do not compress`,
      );
    if (this.#entries.has(name)) throw bad(`it names "${name}" twice`);
    this.#entries.set(name, { crc: u32(16), byteLength: u32(24), localOffset: u32(42) });
    return next;
  }
}

type Field = readonly [value: number, byteLength: 2 | 4];

/** What the local and the central header share, from "version needed" to the length of the name. */
function commonFields(name: Uint8Array, data: Uint8Array): Field[] {
  return [
    [20, 2],
    [UTF8_NAMES, 2],
    [0, 2],
    [0, 2],
    [DATE, 2],
    [crc32(data), 4],
    [data.length, 4],
    [data.length, 4],
    [name.length, 2],
  ];
}

/** An extra field that fills up to the alignment, with the id that PyTorch gives it. */
function extraField(padding: number): Uint8Array {
  return Uint8Array.of(0x46, 0x42, padding & 0xff, padding >> 8, ...new Uint8Array(padding));
}

function record(signature: number, fixedBytes: number, fields: readonly Field[], ...tail: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(fixedBytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [value, byteLength] of fields) {
    if (byteLength === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += byteLength;
  }
  return joinBytes([out, ...tail]);
}

function bad(found: string): CodecError {
  return new CodecError("bad-format", `Cannot read the archive: ${found}; copy or make the file again`);
}
