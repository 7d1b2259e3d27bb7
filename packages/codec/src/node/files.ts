import { open } from "node:fs/promises";
import { throwIfAborted } from "../errors.ts";
import { assertKind, assertOptions } from "../misuse.ts";
import { fileError } from "./file-errors.ts";
import { isStandardStream } from "./standard-streams.ts";

/** Bytes that are read at once. */
const CHUNK_BYTES = 65_536;

/** How bytes are read. */
export interface ByteStreamOptions {
  /** Closes the standard input, which may otherwise wait for ever. */
  readonly signal?: AbortSignal | undefined;
}

/** Name of a path for messages: `-` is the standard input. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/**
 * The bytes of a file, or of the standard input for `-`, in new chunks of at most 64 KiB. The file
 * is opened when reading begins, and closed at the end or when the loop is left.
 * @throws CodecError `not-found`, `no-permission` or `io` (such as for a folder)
 */
export async function* byteStream(path: string, options: ByteStreamOptions = {}): AsyncGenerator<Uint8Array> {
  assertKind(path, "path", "string");
  assertOptions(options, { signal: "signal" });
  const stop = (): void => void process.stdin.destroy(); // a pipe may stay silent for ever
  try {
    if (isStandardStream(path, 0)) {
      options.signal?.addEventListener("abort", stop, { once: true });
      yield* process.stdin as AsyncIterable<Uint8Array>;
    } else yield* fileBytes(path);
  } catch (error) {
    throwIfAborted(options.signal);
    throw fileError("read", inputName(path), error);
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
