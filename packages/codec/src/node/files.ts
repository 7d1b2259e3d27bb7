import { constants, openSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Socket } from "node:net";
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
  try {
    if (isStandardStream(path, 0)) yield* pipeBytes(process.stdin, options);
    else if (await isNamedPipe(path)) yield* namedPipeBytes(path, options);
    else yield* fileBytes(path);
  } catch (error) {
    throwIfAborted(options.signal);
    throw fileError("read", inputName(path), error);
  }
}

/** A pipe may stay silent for ever: cancelling closes it. */
async function* pipeBytes(
  pipe: AsyncIterable<Uint8Array> & { destroy(): unknown },
  { signal }: ByteStreamOptions,
): AsyncGenerator<Uint8Array> {
  const stop = (): void => void pipe.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* pipe;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Linux alone: elsewhere a pipe that nobody has opened for writing yet would seem to be at its end. */
async function isNamedPipe(path: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const found = await stat(path).catch(() => undefined); // opening will say what is wrong
  return found?.isFIFO() ?? false;
}

/** Opened without waiting for a writer: a thread that waits cannot be ended, nor can the process then. */
async function* namedPipeBytes(path: string, options: ByteStreamOptions): AsyncGenerator<Uint8Array> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  yield* pipeBytes(new Socket({ fd, readable: true, writable: false }), options); // closes it, also where the loop is left
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
