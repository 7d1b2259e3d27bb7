import { assertPieces } from "../misuse.ts";

/**
 * Bytes that can be read from the beginning once more: what a first reader took is kept until
 * {@link Replay.restart}, and its leaving does not close the source. For handing a pipe to another
 * decoder when the first does not know the format.
 */
export class Replay implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #kept: Uint8Array[] | undefined = [];
  #first: Uint8Array = new Uint8Array(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    assertPieces(bytes, "bytes", "Uint8Array");
    this.#source = bytes[Symbol.asyncIterator]();
  }

  /** The first chunk, or no bytes when nothing has been read. */
  get head(): Uint8Array {
    return this.#first;
  }

  /** The first reading. Chunks are kept until {@link Replay.forget}. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        const next = await this.#source.next();
        if (!next.done) this.#keep(next.value);
        return next;
      },
      return: async () => {
        if (this.#kept === undefined) await this.#source.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  #keep(chunk: Uint8Array): void {
    if (this.#first.length === 0) this.#first = chunk;
    this.#kept?.push(chunk);
  }

  /** Keeps nothing from now on: the first reading is the one. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Gives the source back without a second reading. */
  async close(): Promise<void> {
    this.#kept = undefined;
    await this.#source.return?.();
  }

  /** The second reading: from the first byte to the last. */
  async *restart(): AsyncGenerator<Uint8Array> {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    try {
      yield* kept;
      for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) yield next.value;
    } finally {
      await this.#source.return?.();
    }
  }
}
