import { joinBytes } from "../bytes/join.ts";
import { CodecError, type CodecErrorCode, messageOf, throwIfAborted } from "../errors.ts";
import { orAborted } from "../bytes/or-aborted.ts";
import { SoundFindings } from "./sound-findings.ts";

/** What a {@link ByteReader} may be told beside its bytes. */
export interface ByteReaderOptions {
  /** Name of the source for messages, such as a path. Default: "the sound". */
  readonly name?: string | undefined;
  /** Cancels waiting for bytes. */
  readonly signal?: AbortSignal | undefined;
  /** Length of the source in bytes where it is known; used for durations only, never trusted. */
  readonly byteLength?: number | undefined;
  /**
   * Refuse what is damaged, cut short or declares wrong numbers, instead of reading what is there.
   * Default false.
   */
  readonly strict?: boolean | undefined;
  /** Where findings go. Default: a new list, {@link ByteReader.findings}. */
  readonly findings?: SoundFindings | undefined;
}

const EMPTY = new Uint8Array(0);

/**
 * Reads a stream of byte chunks of any size in pieces of the size that a parser wants. Memory is
 * taken for bytes that came, never for bytes that a header declares.
 */
export class ByteReader {
  /** Length of the source in bytes where it is known. */
  readonly byteLength: number | undefined;
  /** What was found to be wrong and gone over. */
  readonly findings: SoundFindings;
  readonly #strict: boolean;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #label: string;
  #head: Uint8Array = EMPTY;
  #position = 0;
  #ended = false;
  #closed = false;

  /** @param bytes chunks of any size, used once */
  constructor(bytes: AsyncIterable<Uint8Array>, options: ByteReaderOptions = {}) {
    this.#iterator = bytes[Symbol.asyncIterator]();
    this.#signal = options.signal;
    this.#label = options.name === undefined ? "the sound" : JSON.stringify(options.name);
    this.byteLength = options.byteLength;
    this.findings = options.findings ?? new SoundFindings();
    this.#strict = options.strict ?? false;
  }

  /** Bytes consumed so far. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next bytes without consuming them: `count`, or fewer at the end of the source. A view,
   * valid until the next call.
   * @throws CodecError `io` when the source fails, `aborted` when the signal fires
   */
  async peek(count: number): Promise<Uint8Array> {
    if (this.#head.length < count) await this.#fill(count);
    return this.#head.subarray(0, count);
  }

  /**
   * Consumes `count` bytes, or fewer at the end of the source. A view. Errors as for
   * {@link ByteReader.peek}.
   */
  async read(count: number): Promise<Uint8Array> {
    if (this.#head.length < count) await this.#fill(count);
    return this.#take(Math.min(count, this.#head.length));
  }

  /**
   * Consumes exactly `count` bytes.
   * @param what what they are, for the message
   * @throws CodecError `bad-format` when the source ends before
   */
  async readExactly(count: number, what: string): Promise<Uint8Array> {
    const bytes = await this.read(count);
    if (bytes.length < count) throw this.cutShort(what, bytes.length, count);
    return bytes;
  }

  /**
   * Consumes what has come already, in multiples of `unit` bytes and at most `max`; waits for one
   * unit at least. What is left at the end of the source may be shorter than a unit; empty means
   * that the source has ended.
   */
  async readAvailable(unit: number, max: number): Promise<Uint8Array> {
    if (this.#head.length < unit) await this.#fill(unit);
    const here = Math.min(this.#head.length, Math.max(unit, max));
    return this.#take(here < unit ? here : here - (here % unit));
  }

  /** Bytes that are left, where the length of the source is known. */
  get remaining(): number | undefined {
    return this.byteLength === undefined ? undefined : Math.max(0, this.byteLength - this.#position);
  }

  /**
   * Something is not as the file says, but all sound that is there can be read.
   * @throws CodecError `bad-format` where reading is strict
   */
  note(reason: string): void {
    if (this.#strict) throw this.fail("bad-format", reason);
    this.findings.add("note", reason);
  }

  /**
   * Sound is missing or left out.
   * @throws CodecError `bad-format` where reading is strict
   */
  damage(reason: string): void {
    if (this.#strict) throw this.fail("bad-format", reason);
    this.findings.add("damage", reason);
  }

  /** Consumes `count` bytes without keeping them. Returns how many there were. */
  async skip(count: number): Promise<number> {
    let left = count;
    while (left > 0) {
      if (this.#head.length === 0) await this.#fill(1);
      if (this.#head.length === 0) break;
      left -= this.#take(Math.min(left, this.#head.length)).length;
    }
    return count - left;
  }

  /** Gives the source back. Harmless when repeated. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#head = EMPTY;
    if (!this.#ended) await this.#iterator.return?.();
    this.#ended = true;
  }

  /** An error about this source: `Cannot read "NAME": PROBLEM`. */
  fail(code: CodecErrorCode, problem: string, cause?: unknown): CodecError {
    return new CodecError(code, `Cannot read ${this.#label}: ${problem}`, cause === undefined ? undefined : { cause });
  }

  /** The `bad-format` error of a source that ends too early. */
  cutShort(what: string, found: number, wanted: number): CodecError {
    return this.fail("bad-format", `${shortage(what, found, wanted)}; get the whole file`);
  }

  /**
   * The sound ends before its declared length: a note.
   * @throws CodecError `bad-format` where reading is strict
   */
  endsEarly(what: string, found: number, wanted: number): void {
    this.note(shortage(what, found, wanted));
  }

  #take(count: number): Uint8Array {
    const bytes = this.#head.subarray(0, count);
    this.#head = this.#head.subarray(count);
    this.#position += count;
    return bytes;
  }

  /** Makes the head hold `count` bytes, or all that are left. */
  async #fill(count: number): Promise<void> {
    const parts = this.#head.length > 0 ? [this.#head] : [];
    let length = this.#head.length;
    while (length < count && !this.#ended) {
      const part = await this.#pull();
      if (part.length > 0) parts.push(part);
      length += part.length;
    }
    this.#head = parts.length === 1 ? parts[0] : joinBytes(parts);
  }

  /**
   * Gives the source back without waiting: a generator that is still waiting for bytes would answer
   * only after them.
   */
  #abandon(): void {
    this.#iterator.return?.().then(undefined, () => {});
  }

  async #pull(): Promise<Uint8Array> {
    throwIfAborted(this.#signal);
    try {
      const next = await orAborted(this.#iterator.next(), this.#signal);
      if (!next.done) return next.value;
      this.#ended = true;
      return EMPTY;
    } catch (error) {
      this.#ended = true;
      if (this.#signal?.aborted) this.#abandon();
      throwIfAborted(this.#signal);
      throw error instanceof CodecError ? error : this.fail("io", `the source failed: ${messageOf(error)}`, error);
    }
  }
}

function shortage(what: string, found: number, wanted: number): string {
  return `the file is cut short: ${what} has ${found} of ${wanted} bytes`;
}

/** Four bytes as text, for the identifiers of chunked formats. */
export function fourCC(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** A `DataView` of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
