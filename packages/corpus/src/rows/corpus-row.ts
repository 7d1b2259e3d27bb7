/** A row of a corpus, and its checksum: docs/corpus-format.md. */
import { crc32c } from "@twelvehz/codec/node";

/** One clip as codes, with all that is known of it. */
export interface CorpusRow {
  /** Name of the clip, once in a corpus. */
  readonly id: string;
  /** `[T, K]` frame-major. */
  readonly codes: Int16Array;
  /** T, frames. */
  readonly frames: number;
  /** Samples of the clip at the model's rate. */
  readonly sampleCount: number;
  /** Seconds. */
  readonly duration: number;
  readonly text: string | null;
  readonly speaker: string | null;
  readonly language: string | null;
  /** Path or address of the sound, as the source named it. */
  readonly source: string;
  /** Seconds into the sound where the clip begins; null = the whole sound. */
  readonly offset: number | null;
  /** Hz of the sound. */
  readonly sourceRate: number;
  /** RMS, dB relative to full scale; a 32-bit float. */
  readonly levelDb: number;
  /** Share of silent blocks, 0 to 1; a 32-bit float. */
  readonly silence: number;
  /** Every other field of the manifest, a JSON object. */
  readonly extra: string | null;
}

const UTF8 = new TextEncoder();

/** Bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  room(count: number): DataView {
    if (this.#length + count > this.#bytes.length) {
      const bytes = new Uint8Array(2 * (this.#length + count));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return this.#view;
  }

  /** Forgets what was there, and gives the bytes so far. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  number(value: number, size: 1 | 4 | 8, kind: "int" | "float" = "int"): void {
    const view = this.room(size);
    if (size === 1) view.setUint8(this.#length, value);
    else if (size === 8) view.setFloat64(this.#length, value, true);
    else if (kind === "float") view.setFloat32(this.#length, value, true);
    else view.setInt32(this.#length, value, true);
    this.#length += size;
  }

  string(value: string | null): void {
    this.number(value === null ? 0 : 1, 1);
    if (value === null) return;
    const bytes = UTF8.encode(value);
    this.number(bytes.length, 4);
    this.room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  present(value: number, size: 4 | 8, kind: "int" | "float" = "int"): void {
    this.number(1, 1);
    this.number(value, size, kind);
  }

  codes(codes: Int16Array, frames: number): void {
    this.present(frames, 4);
    const view = this.room(2 * codes.length);
    for (const code of codes) {
      view.setInt16(this.#length, code, true);
      this.#length += 2;
    }
  }
}

const scratch = new Bytes();

/** CRC-32C of a row, as the specification says: column after column, little-endian. */
export function rowChecksum(row: CorpusRow): number {
  scratch.string(row.id);
  scratch.codes(row.codes, row.frames);
  scratch.present(row.frames, 4);
  scratch.present(row.sampleCount, 4);
  scratch.present(row.duration, 8, "float");
  scratch.string(row.text);
  scratch.string(row.speaker);
  scratch.string(row.language);
  scratch.string(row.source);
  if (row.offset === null) scratch.number(0, 1);
  else scratch.present(row.offset, 8, "float");
  scratch.present(row.sourceRate, 4);
  scratch.present(row.levelDb, 4, "float");
  scratch.present(row.silence, 4, "float");
  scratch.string(row.extra);
  return crc32c(scratch.take());
}

/** Bytes that a row takes in a shard, but for the framing of batches: what shards are cut by. */
export function rowBytes(row: CorpusRow): number {
  const strings = [row.id, row.text, row.speaker, row.language, row.source, row.extra];
  return 2 * row.codes.length + 80 + strings.reduce((sum, text) => sum + (text === null ? 0 : Buffer.byteLength(text)), 0);
}
