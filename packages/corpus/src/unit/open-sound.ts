import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AudioStream, CodecError, openAudioFile, openAudioStream } from "@twelvehz/codec/node";
import { RejectedClip } from "../rows/reject.ts";
import type { Entry } from "../sources/entry.ts";
import { isS3, joinAddress, readRange, readWhole, statAddress } from "../sources/files.ts";
import { extensionOf } from "../sources/source.ts";
import { ParquetCells } from "./parquet-cells.ts";

/** Opens the sounds of entries, wherever they are. */
export class SoundOpener {
  readonly #roots: readonly string[];
  readonly #cells = new ParquetCells();
  readonly #ahead = new Map<Entry, Promise<Uint8Array>>();

  /** @param roots of the plan */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /** The path or address of the file that a sound is in. */
  addressOf({ place }: Entry): string {
    return place === undefined ? "" : joinAddress(this.#roots[place.root] ?? "", place.path);
  }

  /** Begins to fetch a sound that is far away, so that it is there when it is its turn. */
  fetchAhead(entry: Entry): void {
    if (!entry.place || entry.place.cell || entry.offset !== undefined || !isS3(this.addressOf(entry))) return;
    const bytes = this.#bytesOf(entry);
    bytes.catch(() => undefined); // told when it is its turn
    this.#ahead.set(entry, bytes);
  }

  /**
   * Opens the sound of an entry.
   * @throws RejectedClip for a file that is empty or not the one that was planned; CodecError as
   * reading any sound
   */
  async open(entry: Entry): Promise<AudioStream> {
    const address = this.addressOf(entry);
    const stream = await (this.#isPlainFile(entry) ? this.#openFile(address, entry) : this.#openBytes(entry));
    const channel = entry.place?.channel;
    return channel === undefined ? stream : oneChannel(stream, channel, entry);
  }

  #isPlainFile({ place }: Entry): boolean {
    return place !== undefined && place.cell === undefined && place.range === undefined && !isS3(this.addressOf({ place } as Entry));
  }

  async #openFile(address: string, entry: Entry): Promise<AudioStream> {
    assertPlanned(entry, (await statAddress(address))?.bytes);
    return openAudioFile(address);
  }

  async #openBytes(entry: Entry): Promise<AudioStream> {
    const bytes = await (this.#ahead.get(entry) ?? this.#bytesOf(entry));
    this.#ahead.delete(entry);
    assertPlanned(entry, bytes.length);
    try {
      return await openAudioStream(once(bytes), { name: entry.source, byteLength: bytes.length });
    } catch (error) {
      if (!(error instanceof CodecError && error.code === "unsupported")) throw error;
      return openThroughFile(bytes, entry, error);
    }
  }

  async #bytesOf(entry: Entry): Promise<Uint8Array> {
    const { range, cell } = entry.place!;
    const address = this.addressOf(entry);
    if (cell) return this.#cells.bytes(address, cell, entry.source);
    return range ? readRange(address, range[0], range[1]) : readWhole(address);
  }
}

/** A file may have changed since the plan was made; its codes would not be those that the plan names. */
function assertPlanned({ source, bytes: planned }: Entry, found: number | undefined): void {
  if (found === 0) throw new RejectedClip("empty", `Cannot use ${JSON.stringify(source)}: it is empty; sound is wanted`);
  if (planned === undefined || found === undefined || planned === found) return;
  const reason = `Cannot use ${JSON.stringify(source)}: it has ${found} bytes, and had ${planned} when the plan was made; make the plan again`;
  throw new RejectedClip("changed", reason);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What only ffmpeg reads needs a file; where it cannot either, the first error stands. */
async function openThroughFile(bytes: Uint8Array, { place, source }: Entry, first: CodecError): Promise<AudioStream> {
  const path = join(tmpdir(), `twelvehz-${process.pid}-${randomBytes(4).toString("hex")}.${extensionOf(place?.path ?? source)}`);
  try {
    await writeFile(path, bytes);
    const stream = await openAudioFile(path);
    return { ...copyOf(stream), chunks: finallyDo(stream.chunks, () => rm(path, { force: true })) };
  } catch (error) {
    await rm(path, { force: true });
    throw error instanceof CodecError && error.code !== "io" ? first : error;
  }
}

async function* finallyDo<T>(items: AsyncIterable<T>, after: () => Promise<void>): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    await after();
  }
}

function copyOf(stream: AudioStream): AudioStream {
  return {
    info: stream.info,
    lengthIsSure: stream.lengthIsSure,
    chunks: stream.chunks,
    get findings() {
      return stream.findings;
    },
    close: () => stream.close(),
    [Symbol.asyncDispose]: () => stream.close(),
  };
}

function oneChannel(stream: AudioStream, channel: number, { source }: Entry): AudioStream {
  async function* chunks(): AsyncGenerator<Float32Array[]> {
    for await (const channels of stream.chunks) {
      const one = channels[channel];
      if (one) yield [one];
      else throw new CodecError("bad-audio", `Cannot use ${JSON.stringify(source)}: it has no channel ${channel}`);
    }
  }
  return { ...copyOf(stream), chunks: chunks() };
}
