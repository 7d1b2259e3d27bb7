// The pickle inside a PyTorch file, as a closed little language: opcodes build numbers, strings,
// tuples, lists and dictionaries, and three names are known; what else a file holds beside its
// codes is kept as a name. Nothing is ever called or looked up. Opcodes: CPython
// Lib/pickletools.py; shape: torch/_utils.py, _rebuild_tensor_v2.
import { CodecError } from "../errors.ts";

/** A tensor as the pickle describes it; its numbers lie in another record of the archive. */
export interface PickledTensor {
  /** `ShortStorage`, `IntStorage`, ... */
  readonly storageType: string;
  /** Name of the record under `data/`. */
  readonly storageKey: string;
  /** First element, in elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Steps of the axes, in elements. */
  readonly strides: readonly number[];
}

/** Anything that the pickle of a tensor may hold. */
type Pickled = number | string | boolean | Pickled[] | Map<Pickled, Pickled> | PickleName | PickledStorage | TensorBox | Unread;

class PickleName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

class PickledStorage {
  readonly type: string;
  readonly key: string;
  constructor(type: string, key: string) {
    this.type = type;
    this.key = key;
  }
}

/**
 * What is not understood, and not needed: what some call would make, by the name of what is called.
 */
class Unread {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

class TensorBox {
  readonly tensor: PickledTensor;
  constructor(tensor: PickledTensor) {
    this.tensor = tensor;
  }
}

const MARK = new PickleName("(mark)");
const NONE = new PickleName("None");
const REBUILD = "torch._utils _rebuild_tensor_v2";
const ORDERED_DICT = "collections OrderedDict";
const STORAGE = /^torch ([A-Za-z]+Storage)$/;

/**
 * The tensor of a pickle: the whole of it, or the value of `codes` or `audio_codes` in a
 * dictionary; a list of one tensor is that tensor.
 * @throws CodecError `bad-format` when the pickle is damaged, `unsupported` when it holds anything
 * but one plain tensor
 */
export function readTensorPickle(bytes: Uint8Array): PickledTensor {
  const value = new PickleReader(bytes).read();
  const named = value instanceof Map ? (value.get("codes") ?? value.get("audio_codes")) : value;
  const inner = Array.isArray(named) && named.length === 1 ? named[0] : named;
  if (inner instanceof TensorBox) return inner.tensor;
  throw new CodecError(
    "unsupported",
    `Cannot read the .pt file: it holds ${describe(value)}, no tensor of codes; save one tensor [T, K], or a dictionary with it under "codes"`,
  );
}

/** What a pickle holds, for a message. */
function describe(value: Pickled): string {
  if (value instanceof Unread || value instanceof PickleName) return `"${value.name.slice(0, 80)}"`;
  if (value instanceof Map) return `a dictionary with ${[...value.keys()].slice(0, 8).map(String).join(", ") || "nothing"}`;
  return Array.isArray(value) ? `a list of ${value.length}` : `a ${typeof value}`;
}

/**
 * The pickle (protocol 2) that `torch.save` writes for a contiguous int16 tensor `[rows, columns]`
 * stored under `data/0`.
 */
export function writeTensorPickle(rows: number, columns: number): Uint8Array {
  const text = (value: string): number[] => [0x58, ...littleEndian(value.length), ...ascii(value)];
  const global = (name: string): number[] => [0x63, ...ascii(`${name.replace(" ", "\n")}\n`)];
  const integer = (value: number): number[] =>
    value < 2 ** 31 ? [0x4a, ...littleEndian(value)] : [0x8a, 5, ...littleEndian(value), Math.floor(value / 2 ** 32)];
  const storage = [
    0x28,
    ...text("storage"),
    ...global("torch ShortStorage"),
    ...text("0"),
    ...text("cpu"),
    ...integer(rows * columns),
    0x74,
    0x51,
  ];
  const shape = [...integer(rows), ...integer(columns), 0x86];
  const strides = [...integer(columns), ...integer(1), 0x86];
  const hooks = [0x89, ...global(ORDERED_DICT), 0x29, 0x52];
  return Uint8Array.of(0x80, 2, ...global(REBUILD), 0x28, ...storage, ...integer(0), ...shape, ...strides, ...hooks, 0x74, 0x52, 0x2e);
}

/** A stack machine over one pickle. */
class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: Pickled[] = [];
  readonly #memo: Map<number, Pickled> = new Map();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Pickled {
    for (let opcode = this.#u8(); opcode !== 0x2e; opcode = this.#u8()) this.#step(opcode);
    return this.#pop();
  }

  #step(opcode: number): void {
    const value = this.#constant(opcode) ?? this.#number(opcode) ?? this.#collection(opcode) ?? this.#object(opcode);
    if (value !== undefined) this.#stack.push(value);
    else if (!this.#memoize(opcode) && !this.#fill(opcode)) throw unsupported(`opcode 0x${opcode.toString(16)}`);
  }

  #constant(opcode: number): Pickled | undefined {
    if (opcode === 0x28) return MARK;
    if (opcode === 0x29 || opcode === 0x5d) return []; // EMPTY_TUPLE, EMPTY_LIST
    if (opcode === 0x7d) return new Map(); // EMPTY_DICT
    if (opcode === 0x4e) return NONE;
    if (opcode === 0x88) return true;
    return opcode === 0x89 ? false : undefined;
  }

  #number(opcode: number): Pickled | undefined {
    if (opcode === 0x4b) return this.#u8();
    if (opcode === 0x4d) return this.#view.getUint16(this.#take(2), true);
    if (opcode === 0x4a) return this.#view.getInt32(this.#take(4), true);
    if (opcode === 0x47) return this.#view.getFloat64(this.#take(8), false); // BINFLOAT, big-endian
    return opcode === 0x8a ? this.#long() : undefined;
  }

  /** LONG1: two's complement of 0 to 8 bytes. */
  #long(): number {
    const length = this.#u8();
    if (length > 8) throw unsupported("an integer of more than 64 bits");
    const at = this.#take(length);
    let value = length > 0 && this.#bytes[at + length - 1] & 0x80 ? -1n : 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]);
    return Number(value);
  }

  #collection(opcode: number): Pickled | undefined {
    if (opcode === 0x74) return this.#popToMark();
    if (opcode < 0x85 || opcode > 0x87) return undefined; // TUPLE1 to TUPLE3
    const count = opcode - 0x84;
    if (this.#stack.length < count) throw damaged();
    return this.#stack.splice(-count);
  }

  #object(opcode: number): Pickled | undefined {
    if (opcode === 0x55) return this.#text(this.#u8()); // SHORT_BINSTRING
    if (opcode === 0x58) return this.#text(this.#view.getUint32(this.#take(4), true));
    if (opcode === 0x63) return this.#global(`${this.#line()} ${this.#line()}`);
    if (opcode === 0x51) return storageOf(this.#pop());
    if (opcode === 0x52 || opcode === 0x81) return this.#reduce(this.#pop(), this.#pop()); // REDUCE, NEWOBJ
    if (opcode === 0x68) return this.#recall(this.#u8());
    return opcode === 0x6a ? this.#recall(this.#view.getUint32(this.#take(4), true)) : undefined;
  }

  #memoize(opcode: number): boolean {
    if (opcode === 0x80) {
      if (this.#u8() !== 2) throw unsupported("a pickle protocol other than 2");
    } else if (opcode === 0x71) this.#memo.set(this.#u8(), this.#top());
    else if (opcode === 0x72) this.#memo.set(this.#view.getUint32(this.#take(4), true), this.#top());
    else return false;
    return true;
  }

  /** APPEND, APPENDS, SETITEM, SETITEMS; BUILD, which gives an object its state. */
  #fill(opcode: number): boolean {
    if (opcode === 0x62) return this.#pop() !== undefined;
    if (opcode !== 0x61 && opcode !== 0x65 && opcode !== 0x73 && opcode !== 0x75) return false;
    const single = opcode === 0x61 ? 1 : opcode === 0x73 ? 2 : 0;
    const items = single === 0 ? this.#popToMark() : Array.from({ length: single }, () => this.#pop()).reverse();
    const target = this.#top();
    if ((opcode === 0x61 || opcode === 0x65) && Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Unread) return true;
    else if (target instanceof Map && items.length % 2 === 0) for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    else throw damaged();
    return true;
  }

  #global(name: string): PickleName {
    return new PickleName(name);
  }

  #reduce(args: Pickled, callee: Pickled): Pickled {
    if (!(callee instanceof PickleName) || !Array.isArray(args)) throw damaged();
    if (callee.name === REBUILD) return tensorOf(args);
    return callee.name === ORDERED_DICT && args.length === 0 ? new Map() : new Unread(callee.name);
  }

  #recall(index: number): Pickled {
    const value = this.#memo.get(index);
    if (value === undefined) throw damaged();
    return value;
  }

  #popToMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw damaged();
    const items = this.#stack.splice(mark);
    return items.slice(1);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw damaged();
    return value;
  }

  #top(): Pickled {
    const value = this.#stack[this.#stack.length - 1];
    if (value === undefined || value === MARK) throw damaged();
    return value;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw damaged();
    const text = this.#text(end - this.#at);
    this.#at = end + 1;
    return text;
  }

  #u8(): number {
    return this.#bytes[this.#take(1)];
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw damaged();
    this.#at += count;
    return at;
  }
}

/** The tuple `("storage", type, key, device, count)` of a persistent id. */
function storageOf(id: Pickled): PickledStorage {
  if (!Array.isArray(id) || id[0] !== "storage" || !(id[1] instanceof PickleName) || typeof id[2] !== "string" || !STORAGE.test(id[1].name))
    throw unsupported("a persistent id that is no storage");
  return new PickledStorage(id[1].name.slice("torch ".length), id[2]);
}

/**
 * The arguments `(storage, offset, shape, strides, requires_grad, hooks)` of `_rebuild_tensor_v2`.
 */
function tensorOf([storage, offset, shape, strides]: Pickled[]): TensorBox {
  if (!(storage instanceof PickledStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
    throw damaged();
  return new TensorBox({ storageType: storage.type, storageKey: storage.key, offset, shape, strides });
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: Pickled | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function littleEndian(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

function ascii(text: string): number[] {
  return Array.from(text, (c) => c.charCodeAt(0));
}

function unsupported(found: string): CodecError {
  return new CodecError(
    "unsupported",
    `Cannot read the .pt file: it holds ${found}, which is not read here; save one integer tensor [T, K] with torch.save`,
  );
}

function damaged(): CodecError {
  return new CodecError("bad-format", "Cannot read the .pt file: its description of the tensor is damaged; copy or make the file again");
}
