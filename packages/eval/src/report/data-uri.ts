/** Bytes that `btoa` takes at once. */
const PIECE = 0x8000;

/** Bytes as a `data:` URI in base64. */
export function dataUri(type: string, bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += PIECE) binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return `data:${type};base64,${btoa(binary)}`;
}
