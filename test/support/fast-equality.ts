/**
 * Sounds and codes that agree are found equal by their bytes: element by element, as `toEqual`
 * compares typed arrays, seconds of sound take longer than what makes them. Where the bytes differ,
 * the comparison of Vitest decides, and says where.
 */
import { expect } from "vitest";

const KNOWN = Symbol.for("twelvehz.fast-equality");
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

function sameBytes(a: unknown, b: unknown): boolean | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return a.byteLength === b.byteLength && Buffer.compare(bytesOf(a), bytesOf(b)) === 0 ? true : undefined;
}

const memory = globalThis as unknown as Record<symbol, boolean | undefined>;
if (!memory[KNOWN]) expect.addEqualityTesters([sameBytes]); // files that share a process have one list
memory[KNOWN] = true;
