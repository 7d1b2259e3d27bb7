import { type ByteReader, fourCC, viewOf } from "./byte-reader.ts";

/** Tags that other programs append to any file, and chunks that often follow the sound. */
const KNOWN = /^(TAG|ID3|APET|LYRI|3DI|LIST|fact|bext|cue |id3 |smpl|inst|iXML|JUNK|PEAK|COMT|MARK|NAME|AUTH|ANNO|APPL|AESD)/;
/** Bytes that are looked at to tell padding from sound. */
const LOOK_BYTES = 65_536;
/** Larger chunks after the sound are not believed where the length of the file is not known. */
const MAX_CHUNK = 2 ** 28;

/**
 * Whether the sound truly ends here, where its declared length says so: at the end of the source,
 * or before another chunk of RIFF or AIFF, a tag, or padding with zeros up to the end. Anything
 * else is sound whose length was declared too small.
 * @param rest bytes of an incomplete frame that belong to the declared length
 */
export async function trailerFollows(reader: ByteReader, rest: number): Promise<boolean> {
  for (const skip of [rest, rest + 1]) {
    const head = (await reader.peek(skip + 8)).subarray(skip); // chunks of odd length are padded, by most writers
    if (head.length < 8) return true;
    if (isChunk(reader, head, skip)) return true;
  }
  const ahead = await reader.peek(LOOK_BYTES);
  return ahead.length < LOOK_BYTES && ahead.every((byte) => byte === 0);
}

function isChunk(reader: ByteReader, head: Uint8Array, skip: number): boolean {
  const id = fourCC(head, 0);
  if (KNOWN.test(id)) return true;
  if (!/^[A-Za-z_][\x20-\x7e]{3}$/.test(id)) return false;
  const most = reader.remaining === undefined ? MAX_CHUNK : reader.remaining - skip - 8 + 1;
  const view = viewOf(head);
  return Math.min(view.getUint32(4, true), view.getUint32(4, false)) <= most;
}
