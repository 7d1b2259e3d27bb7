import { createGunzip } from "node:zlib";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import { streamFile } from "./files.ts";

/** Longest line of a manifest, in characters. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Bytes of a file, unpacked where its name ends in `.gz`. */
export async function* unpacked(address: string): AsyncGenerator<Uint8Array> {
  if (!address.endsWith(".gz")) {
    yield* streamFile(address);
    return;
  }
  const { Readable } = await import("node:stream");
  const source = Readable.from(streamFile(address));
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError("bad-format", `Cannot unpack ${JSON.stringify(address)}: ${messageOf(error)}; copy it again`, { cause: error });
  } finally {
    source.destroy();
  }
}

/**
 * The lines of a text file in UTF-8 with their numbers from 1; empty ones are left out. No more than
 * a line and a piece of the file are in memory.
 * @throws CodecError as reading any file; `too-large` for a line of over 64 million characters
 */
export async function* readLines(address: string): AsyncGenerator<readonly [number: number, text: string]> {
  const decoder = new TextDecoder();
  let [rest, number] = ["", 0];
  const chunks = async function* (): AsyncGenerator<string> {
    for await (const chunk of unpacked(address)) yield decoder.decode(chunk, { stream: true });
    yield `${decoder.decode()}\n`;
  };
  for await (const text of chunks()) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MOST_CHARACTERS)
      throw new CodecError(
        "too-large",
        `Cannot use ${JSON.stringify(address)}: line ${number + lines.length + 1} does not end; it is no manifest`,
      );
    for (const line of lines) {
      number++;
      if (line.trim() !== "") yield [number, line];
    }
  }
}
