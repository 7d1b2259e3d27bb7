import type { IncomingMessage } from "node:http";
import { CodecError, orAborted, throwIfAborted } from "@twelvehz/codec";

/**
 * The body of a request as it comes, counted. Leaving the loop early leaves the connection as it
 * is.
 * @throws CodecError `too-large` beyond `maxBytes`, before anything is read where the request says
 * its length
 */
export async function* bodyStream(request: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw tooLarge(`${declared} bytes`, maxBytes);
  let count = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    count += chunk.length;
    if (count > maxBytes) throw tooLarge("more", maxBytes);
    yield chunk;
  }
}

/**
 * All of a file that was sent.
 * @throws CodecError `too-large`, `aborted`, and what reading fails with
 */
export async function readAll(bytes: AsyncIterable<Uint8Array>, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  throwIfAborted(signal);
  const parts: Uint8Array[] = [];
  const read = async (): Promise<void> => {
    let count = 0;
    for await (const part of bytes) {
      count += part.length;
      if (count > maxBytes) throw tooLarge("more", maxBytes);
      parts.push(part);
    }
  };
  await orAborted(read(), signal, "The work was cancelled while the request was read"); // a client that sends nothing does not hold up the answer
  return Buffer.concat(parts);
}

function tooLarge(found: string, maxBytes: number): CodecError {
  return new CodecError("too-large", `Cannot take the request: its body has ${found}, and the limit is ${maxBytes} bytes; send less`);
}
