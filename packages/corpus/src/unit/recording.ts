import type { AudioStream } from "@twelvehz/codec/node";
import { monoStream } from "@twelvehz/codec/node";

/** Sound that is kept behind the end of the last part, seconds: parts may overlap. */
const KEPT_SECONDS = 60;

/**
 * A long recording that is cut into parts: read once, as long as the parts come in order. Mono, at
 * the model's rate.
 */
export class Recording {
  /** What it is read from. */
  readonly stream: AudioStream;
  readonly #sampleRate: number;
  readonly #chunks: AsyncGenerator<Float32Array>;
  #parts: Float32Array[] = [];
  /** Samples before the first part that is kept, and up to the end of the last. */
  #first = 0;
  #read = 0;
  #ended = false;

  constructor(stream: AudioStream, sampleRate: number) {
    this.stream = stream;
    this.#sampleRate = sampleRate;
    this.#chunks = monoStream(stream, sampleRate);
  }

  /** Samples in all, once the end has been reached. */
  get length(): number | undefined {
    return this.#ended ? this.#read : undefined;
  }

  /** Whether a part that begins there has not gone by. */
  has(start: number): boolean {
    return start >= this.#first;
  }

  /** Samples `start` to `end - 1`, or up to the end of the recording. */
  async part(start: number, end: number): Promise<Float32Array> {
    while (this.#read < end && !this.#ended) await this.#next(start);
    const out = new Float32Array(Math.max(0, Math.min(end, this.#read) - start));
    let at = this.#first;
    for (const part of this.#parts) {
      const [from, to] = [Math.max(start, at), Math.min(end, at + part.length)];
      if (from < to) out.set(part.subarray(from - at, to - at), from - start);
      at += part.length;
    }
    return out;
  }

  /** Gives the file back. */
  async close(): Promise<void> {
    await this.#chunks.return(undefined);
    await this.stream.close();
  }

  async #next(wanted: number): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) {
      this.#ended = true;
      return;
    }
    this.#parts.push(next.value);
    this.#read += next.value.length;
    const least = Math.min(wanted, this.#read) - KEPT_SECONDS * this.#sampleRate;
    while (this.#parts[0] && this.#first + this.#parts[0].length <= least) this.#first += this.#parts.shift()!.length;
  }
}
