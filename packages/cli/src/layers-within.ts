import { CodecError, type Codes, type CodesFormat, serializeCodes } from "@twelvehz/codec/node";

/**
 * As many of the first layers as fit into a file: fewer layers sound rougher, but the whole sound
 * is there.
 * @param maxBytes largest file, with everything in it
 * @throws CodecError `too-large` when one layer alone takes more
 */
export function layersWithin(codes: Codes, format: CodesFormat, maxBytes: number): Codes {
  for (let layers = codes.layers; layers > 0; layers--) {
    const fewer = codes.firstLayers(layers);
    if (serializeCodes(fewer, format).length <= maxBytes) return fewer;
  }
  const least = serializeCodes(codes.firstLayers(1), format).length;
  throw new CodecError(
    "too-large",
    `Cannot put ${codes.frames} frames into ${maxBytes} bytes: one layer alone takes ${least}; allow more bytes, or encode less sound`,
  );
}
