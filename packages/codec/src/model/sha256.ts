/**
 * SHA-256 (FIPS 180-4) where the platform keeps its own from us: browsers give `crypto.subtle` to
 * pages on https and localhost only.
 */

/** The first `count` primes. */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p > 0)) found.push(n);
  return found;
}

/** The first 32 bits behind the point: sections 4.2.2 and 5.3.3 make the constants so. */
function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32) | 0;
}

const ROUND_CONSTANTS = Int32Array.from(primes(64), (p) => fraction(Math.cbrt(p)));
const INITIAL = Int32Array.from(primes(8), (p) => fraction(Math.sqrt(p)));
const BLOCK_BYTES = 64;

function rotated(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}

/** The bytes, a one bit, zeros, and the length in bits: section 5.1.1. */
function padded(bytes: Uint8Array): DataView {
  const out = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  out.set(bytes);
  out[bytes.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setBigUint64(out.length - 8, BigInt(bytes.length) * 8n);
  return view;
}

/** The message schedule of the block at `start`: section 6.2.2, step 1. */
function fillSchedule(schedule: Int32Array, message: DataView, start: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = message.getInt32(start + 4 * t);
  for (let t = 16; t < 64; t++) {
    const [a, b] = [schedule[t - 15], schedule[t - 2]];
    const low = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
    const high = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
    schedule[t] = high + schedule[t - 7] + low + schedule[t - 16];
  }
}

/** Section 6.2.2, steps 2 to 4. */
function compress(hash: Int32Array, schedule: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = hash;
  for (let t = 0; t < 64; t++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + ROUND_CONSTANTS[t] + schedule[t]) | 0;
    const two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (hash[i] += word));
}

/** @returns the 32 bytes of the digest */
export function sha256(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes);
  const hash = INITIAL.slice();
  const schedule = new Int32Array(64);
  for (let start = 0; start < message.byteLength; start += BLOCK_BYTES) {
    fillSchedule(schedule, message, start);
    compress(hash, schedule);
  }
  const out = new DataView(new ArrayBuffer(32));
  hash.forEach((word, i) => out.setInt32(4 * i, word));
  return new Uint8Array(out.buffer);
}
