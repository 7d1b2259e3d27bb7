/**
 * Changes that know the structure of sound files, so that damage reaches what lies behind sizes and
 * checksums.
 */
import { joined, mutateInPlace } from "./mutate.mjs";

/** @typedef {import("./random.mjs").Random} Random */

/**
 * One change of the chunks of RIFF (`little`) or AIFF: sizes, order, number, and the fields of the
 * format chunk.
 * @param {Uint8Array} file
 * @param {Random} random
 * @param {boolean} little
 */
export function shapeChunks(file, random, little) {
  const chunks = chunksOf(file, little);
  const at = random.below(chunks.length);
  const chunk = chunks[at]?.slice();
  if (!chunk || chunk.length < 8) return file;
  const view = new DataView(chunk.buffer);
  const kind = random.below(5);
  if (kind === 0) view.setUint32(4, random.extreme(), little);
  else if (kind === 1) view.setUint32(4, Math.max(0, view.getUint32(4, little) + random.below(9) - 4), little);
  else if (kind === 2) mutateInPlace(chunk.subarray(8, 60), random);
  else if (kind === 3) chunks.splice(random.below(chunks.length), 0, chunk);
  if (kind < 3) chunks[at] = chunk;
  if (kind === 4) chunks.splice(at, 1);
  return joined(file.subarray(0, 12), ...chunks);
}

function chunksOf(file, little) {
  const chunks = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, little);
    const end = Math.min(file.length, at + 8 + size + (size % 2));
    chunks.push(file.subarray(at, end));
    at = end;
  }
  return chunks;
}

/**
 * Makes the checksums of Ogg pages right, as far as the pages can be followed.
 * @param {Uint8Array} file changed in place
 */
export function sealOgg(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + 27 <= file.length && view.getUint32(at) === 0x4f676753; ) {
    let length = 27 + file[at + 26];
    for (let i = 0; i < file[at + 26]; i++) length += file[at + 27 + i] ?? 0;
    view.setUint32(at + 22, 0, true);
    view.setUint32(at + 22, crc(file.subarray(at, at + length), 32, 0x04c11db7), true);
    at += length;
  }
  return file;
}

/**
 * Damages frames of a whole FLAC file and makes both of their checksums right again.
 * @param {Uint8Array} file a file without damage
 * @param {Random} random
 */
export function shapeFlac(file, random) {
  const out = file.slice();
  const starts = flacFrames(file);
  for (let left = 1 + random.below(3); left > 0 && starts.length > 0; left--) {
    const which = random.below(starts.length);
    const [start, header] = starts[which];
    const end = starts[which + 1]?.[0] ?? file.length;
    if (random.oneIn(4)) mutateInPlace(out.subarray(start + 2, start + header), random);
    else mutateInPlace(out.subarray(start + header + 1, end - 2), random);
    out.set(flacFrameSeal(out.subarray(start, end), header), start);
  }
  if (random.oneIn(3)) mutateInPlace(out.subarray(8, 42), random);
  return out;
}

/**
 * Writes both checksums of one FLAC frame.
 * @param {Uint8Array} frame
 * @param {number} header bytes of its header before the checksum
 */
export function flacFrameSeal(frame, header) {
  const out = frame.slice();
  out[header] = crc(out.subarray(0, header), 8, 0x07);
  const sum = crc(out.subarray(0, -2), 16, 0x8005);
  out.set([sum >> 8, sum & 0xff], out.length - 2);
  return out;
}

/** Where frames begin, and how many bytes their headers have before the checksum. */
function flacFrames(file) {
  const starts = [];
  for (let at = 42; at + 16 < file.length; at++) {
    if (file[at] !== 0xff || (file[at + 1] & 0xfe) !== 0xf8) continue;
    for (let length = 5; length <= 15; length++) {
      if (crc(file.subarray(at, at + length), 8, 0x07) !== file[at + length]) continue;
      const before = starts.length === 0 || crc(file.subarray(starts.at(-1)[0], at), 16, 0x8005) === 0;
      if (before) starts.push([at, length]);
      break;
    }
  }
  return starts;
}

/**
 * Puts ID3 tags of any claimed size before or into an MP3. @param {Uint8Array} file @param {Random}
 * random
 */
export function shapeMp3(file, random) {
  const tag = Uint8Array.of(0x49, 0x44, 0x33, 3, 0, random.pick([0, 16]), ...Array.from({ length: 4 }, () => random.pick([0, 0, 1, 127])));
  const at = random.pick([0, 0, file.length, random.below(file.length)]);
  const body = new Uint8Array(random.pick([0, 0, 1, 128]));
  const tags = Array.from({ length: random.pick([1, 1, 300]) }, () => joined(tag, body));
  const out = joined(file.subarray(0, at), ...tags, file.subarray(at));
  if (random.oneIn(2)) return out;
  const info = Buffer.from(out.buffer, out.byteOffset, out.byteLength).indexOf(random.pick(["Info", "Xing", "LAME"]));
  if (info >= 0) mutateInPlace(out.subarray(info + 4, info + 60), random);
  return out;
}

/** A cyclic redundancy check, most significant bit first, starting from zero. */
function crc(bytes, width, polynomial) {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> (width - 1)) & 1 ? (sum << 1) ^ polynomial : sum << 1;
    if (width < 32) sum &= (1 << width) - 1;
  }
  return sum >>> 0;
}
