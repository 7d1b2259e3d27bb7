/** Changes of bytes that know nothing of any format. */

/** @typedef {import("./random.mjs").Random} Random */

/** Longest result: what grows is cut here, so that the time of a run stays bounded. */
const MAX_BYTES = 1 << 18;

/**
 * One to four changes of a file.
 * @param {Uint8Array} bytes not changed
 * @param {Random} random
 * @param {readonly Uint8Array[]} others files that parts may be taken from
 */
export function mutate(bytes, random, others = [bytes]) {
  let out = bytes.slice();
  for (let left = 1 + random.below(4); left > 0; left--) out = random.pick(MUTATORS)(out, random, others).slice(0, MAX_BYTES);
  return out;
}

/**
 * One or two changes that keep the length.
 * @param {Uint8Array} bytes changed in place
 * @param {Random} random
 */
export function mutateInPlace(bytes, random) {
  for (let left = 1 + random.below(2); left > 0 && bytes.length > 0; left--) random.pick(IN_PLACE)(bytes, random);
}

/**
 * Half of the places are near the beginning, where the headers are, and some near the end, where
 * the trailers are.
 */
function place(bytes, random) {
  const kind = random.below(8);
  if (kind < 4) return random.below(Math.min(bytes.length, 200));
  return kind === 4 ? Math.max(0, bytes.length - 1 - random.below(64)) : random.below(bytes.length);
}

const IN_PLACE = [
  function flipBit(bytes, random) {
    bytes[place(bytes, random)] ^= 1 << random.below(8);
    return bytes;
  },
  function extremeByte(bytes, random) {
    bytes[place(bytes, random)] = random.extreme();
    return bytes;
  },
  function extremeNumber(bytes, random) {
    const size = random.pick([2, 4, 8]);
    const at = place(bytes, random) & ~(random.pick([1, 2, 4]) - 1);
    if (at + size > bytes.length) return bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [value, little] = [random.extreme(), random.oneIn(2)];
    if (size === 2) view.setUint16(at, value, little);
    else if (size === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, random.oneIn(3) ? 2n ** 62n + BigInt(value) : BigInt(value), little);
    return bytes;
  },
  function randomRun(bytes, random) {
    const at = place(bytes, random);
    for (let i = at; i < Math.min(bytes.length, at + random.below(16)); i++) bytes[i] = random.next();
    return bytes;
  },
];

const MUTATORS = [
  ...IN_PLACE,
  function truncate(bytes, random) {
    return bytes.slice(0, random.oneIn(2) ? random.below(bytes.length + 1) : Math.max(0, bytes.length - random.below(40)));
  },
  function extend(bytes, random) {
    return joined(bytes, filler(random, random.below(300)));
  },
  function duplicate(bytes, random) {
    const [from, at] = [place(bytes, random), place(bytes, random)];
    const run = bytes.subarray(from, from + runLength(random));
    return joined(bytes.subarray(0, at), ...Array.from({ length: random.pick([1, 1, 2, 50]) }, () => run), bytes.subarray(at));
  },
  function remove(bytes, random) {
    const at = place(bytes, random);
    return joined(bytes.subarray(0, at), bytes.subarray(at + runLength(random)));
  },
  function insert(bytes, random) {
    const at = place(bytes, random);
    return joined(bytes.subarray(0, at), filler(random, runLength(random)), bytes.subarray(at));
  },
  function splice(bytes, random, others) {
    const other = random.pick(others);
    const from = place(other, random);
    return joined(bytes.subarray(0, place(bytes, random)), other.subarray(from));
  },
  function swap(bytes, random) {
    const length = runLength(random);
    const [a, b] = [place(bytes, random), place(bytes, random)].sort((x, y) => x - y);
    if (a + length > b) return bytes;
    const cut = (from, to) => bytes.subarray(from, to);
    return joined(cut(0, a), cut(b, b + length), cut(a + length, b), cut(a, a + length), cut(b + length));
  },
];

function runLength(random) {
  return 1 + random.below(random.pick([4, 32, 1000]));
}

function filler(random, length) {
  const kind = random.below(3);
  return Uint8Array.from({ length }, () => (kind === 0 ? 0 : kind === 1 ? 0xff : random.next()));
}

/** Joins pieces of bytes. @param {...Uint8Array} parts */
export function joined(...parts) {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
