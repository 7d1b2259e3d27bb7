import { type ByteSource, readExactly } from "../bytes/byte-source.ts";
import { CodecError } from "../errors.ts";
import { openSafetensors, type SafetensorsIndex, type TensorArray, type TensorEntry, tensorOf } from "./safetensors.ts";
import type { WeightFile } from "./weights.ts";

/** Gaps up to this length are read along rather than asked for around, bytes. */
const LARGEST_GAP = 65536;
/** Requests under way at once. */
const PARALLEL = 4;
/** Longest range of one request, bytes, so that several run at once. */
const LARGEST_RANGE = 16 * 2 ** 20;

/** Bytes `start` to `end - 1`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A source that can be told what will be asked of it. */
export interface RangeSource extends ByteSource {
  /** Gets ranges, so that {@link ByteSource.slice} has them at hand. */
  prefetch?(ranges: readonly ByteRange[]): Promise<void>;
}

/** A run of neighbouring tensors, in the order of the file. */
interface TensorRun {
  readonly start: number;
  end: number;
  readonly names: string[];
}

/**
 * A safetensors file of which only the tensors that are needed are read, by byte ranges: half of a
 * model costs half of its bytes. They are held until {@link RangeFile.release}.
 */
export class RangeFile implements WeightFile {
  readonly index: SafetensorsIndex;
  readonly #source: RangeSource;
  readonly #held = new Map<string, Uint8Array>();

  private constructor(source: RangeSource, index: SafetensorsIndex) {
    this.#source = source;
    this.index = index;
  }

  /**
   * Reads the header.
   * @throws CodecError as `openSafetensors`
   */
  static async open(source: RangeSource): Promise<RangeFile> {
    return new RangeFile(source, await openSafetensors(source));
  }

  read(name: string): TensorArray {
    const bytes = this.#held.get(name);
    if (!bytes) throw new CodecError("bad-model", `Cannot use the tensor "${name}": it was not fetched; get the model again`);
    return tensorOf(this.index, name, () => bytes);
  }

  /** Reads tensors ahead of {@link read}; names that the file does not have are passed over. */
  async fetch(names: Iterable<string>): Promise<void> {
    const waiting = runsOf(this.index, new Set([...names].filter((name) => this.index.tensors.has(name) && !this.#held.has(name))));
    if (waiting.length > 0) await this.#source.prefetch?.(waiting);
    const lane = async (): Promise<void> => {
      for (let range = waiting.shift(); range; range = waiting.shift()) await this.#fetchRun(range);
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
  }

  release(names: Iterable<string>): void {
    for (const name of names) this.#held.delete(name);
  }

  async #fetchRun({ start, end, names }: TensorRun): Promise<void> {
    const bytes = await readExactly(this.#source, start, end);
    for (const name of names) {
      const entry = this.index.tensors.get(name) as TensorEntry;
      this.#held.set(name, bytes.subarray(entry.begin - start, entry.end - start));
    }
  }
}

function runsOf(index: SafetensorsIndex, names: ReadonlySet<string>): TensorRun[] {
  const entries = [...index.tensors].filter(([name]) => names.has(name)).sort(([, a], [, b]) => a.begin - b.begin);
  const ranges: TensorRun[] = [];
  for (const [name, { begin, end }] of entries) {
    const last = ranges.at(-1);
    if (last && begin - last.end <= LARGEST_GAP && end - last.start <= LARGEST_RANGE) {
      last.end = end;
      last.names.push(name);
    } else {
      ranges.push({ start: begin, end, names: [name] });
    }
  }
  return ranges;
}
