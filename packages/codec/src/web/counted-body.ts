import type { LoadProgress } from "./engine-start.ts";

/**
 * The body of an answer, with someone told how much of it has come: in bytes as they are sent,
 * where the server compresses them.
 * @param byteLength of the body once it is decompressed; without it, an answer that is compressed
 * has no known length
 */
export async function countedBody(
  response: Response,
  onProgress: (progress: LoadProgress) => void,
  byteLength: number | undefined,
): Promise<Blob> {
  if (!response.body) return response.blob();
  const { totalBytes, perByte } = lengthOf(response.headers, byteLength);
  let seenBytes = 0;
  const tell = (bytes: number): void => {
    seenBytes += bytes;
    onProgress({ loadedBytes: Math.round(seenBytes * perByte), totalBytes });
  };
  tell(0);
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      tell(piece.byteLength);
      controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(counter)).blob();
}

/** Bytes that are sent in all, and how many of them stand for a byte of the body. */
function lengthOf(headers: Headers, byteLength: number | undefined): { readonly totalBytes: number | undefined; readonly perByte: number } {
  const declared = headers.get("content-length");
  const sentBytes = declared === null ? undefined : Number(declared);
  if (headers.get("content-encoding") === null) return { totalBytes: sentBytes ?? byteLength, perByte: 1 };
  if (byteLength === undefined) return { totalBytes: undefined, perByte: 1 };
  return { totalBytes: sentBytes ?? byteLength, perByte: (sentBytes ?? byteLength) / byteLength };
}
