import { assertBytes, assertList } from "../misuse.ts";

/** One array of all bytes, one part after another: a copy. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  assertList(parts, "parts", "Uint8Array");
  parts.forEach((part, i) => assertBytes(part, `parts[${i}]`));
  return fill(new Uint8Array(lengthOf(parts)), parts);
}

/** One array of all samples, one part after another: a copy. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  return fill(new Float32Array(lengthOf(parts)), parts);
}

/** One array of all codes, one part after another: a copy. */
export function joinIntegers(parts: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  return fill(new Int16Array(lengthOf(parts)), parts);
}

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function fill<T extends Uint8Array | Int16Array | Float32Array>(out: T, parts: readonly ArrayLike<number>[]): T {
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
