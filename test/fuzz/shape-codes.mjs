/**
 * Changes that know the structure of token files, archives, arrays and JSON, so that damage reaches
 * what lies behind sizes and checksums.
 */
import { crc32c } from "../../packages/codec/dist/bytes/crc32c.js";
import { StoredZip, writeStoredZip } from "../../packages/codec/dist/tokenfile/stored-zip.js";
import { joined, mutate, mutateInPlace } from "./mutate.mjs";

/** @typedef {import("./random.mjs").Random} Random */

/**
 * Damages a whole token file and makes the checksums of header, blocks and trailer right again.
 * @param {Uint8Array} file a file without damage
 * @param {Random} random
 */
export function shapeT12(file, random) {
  const places = t12Items(file);
  const out = file.slice();
  const headerBytes = places[0][0];
  const [start, end] = random.oneIn(3) ? [0, headerBytes] : random.pick(places);
  mutateInPlace(out.subarray(start, end - 4), random);
  const seed = seal(out.subarray(0, headerBytes), 0);
  for (const [from, to] of places) seal(out.subarray(from, to), seed);
  const items = places.map(([from, to]) => out.subarray(from, to));
  const at = random.below(items.length);
  const kind = random.below(4);
  if (kind === 0) items.splice(random.below(items.length), 0, items[at]);
  if (kind === 1) items.splice(at, 1);
  return joined(out.subarray(0, headerBytes), ...items);
}

/** Beginning and end of blocks and trailer. */
function t12Items(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bits = 32 - Math.clz32(view.getUint16(14, true) - 1);
  const items = [];
  for (let at = 52 + file[13]; at < file.length; ) {
    const isBlock = file[at] === 0x42;
    const end = at + (isBlock ? 14 + Math.ceil((view.getUint16(at + 8, true) * file[12] * bits) / 8) : 20);
    items.push([at, end]);
    at = end;
  }
  return items;
}

function seal(bytes, seed) {
  const sum = crc32c(bytes.subarray(0, -4), seed);
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(bytes.length - 4, sum, true);
  return sum;
}

/**
 * Changes one record of a stored archive and writes the archive anew, with right checksums. @param
 * {Uint8Array} file @param {Random} random
 */
export function shapeZip(file, random) {
  const zip = new StoredZip(file);
  const entries = new Map(zip.names.map((name) => [name, zip.get(name)]));
  const pickle = zip.names.find((name) => name.endsWith("data.pkl"));
  const name = random.oneIn(4) ? random.pick(zip.names) : pickle;
  entries.set(name, random.oneIn(3) ? mutate(entries.get(name), random) : shapePickle(entries.get(name).slice(), random));
  return writeStoredZip(entries);
}

/** Mostly numbers of the pickle: shape, strides, offset, lengths; or one opcode for another. */
function shapePickle(bytes, random) {
  const numbers = [...bytes.keys()].filter((at) => bytes[at] === 0x4b || bytes[at] === 0x4a || bytes[at] === 0x4d);
  const at = random.pick(numbers.length > 0 ? numbers : [0]);
  const kind = random.below(4);
  if (kind === 0) bytes[at + 1] = random.extreme();
  else if (kind === 1 && at + 3 <= bytes.length) bytes.set([random.next(), random.pick([0, 0, 255])], at + 1);
  else if (kind === 2) bytes[random.below(bytes.length)] = random.pick(OPCODES);
  else
    return joined(bytes.subarray(0, at), random.pick(NUMBERS), bytes.subarray(at + (bytes[at] === 0x4a ? 5 : bytes[at] === 0x4d ? 3 : 2)));
  return bytes;
}

/** Opcodes that the reader knows, and some that it does not. */
const OPCODES = [
  0x28, 0x29, 0x2e, 0x4a, 0x4b, 0x4e, 0x51, 0x52, 0x58, 0x5d, 0x61, 0x63, 0x65, 0x68, 0x71, 0x73, 0x74, 0x75, 0x7d, 0x85, 0x86, 0x87, 0x88,
  0x89, 0x8a, 0x62,
];
const NUMBERS = [
  [0x4b, 0],
  [0x4b, 1],
  [0x4a, 0xff, 0xff, 0xff, 0xff],
  [0x4a, 0xff, 0xff, 0xff, 0x7f],
  [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40],
  [0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 255],
  [0x8a, 7, 255, 255, 255, 255, 255, 255, 31],
  [0x88],
  [0x29],
].map((bytes) => Uint8Array.from(bytes));

/**
 * Changes the dictionary of a .npy file and makes its length right again. @param {Uint8Array} file
 * @param {Random} random
 */
export function shapeNpy(file, random) {
  const start = file[6] === 1 ? 10 : 12;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const text = Buffer.from(file.subarray(start, start + length)).toString("latin1");
  const parts = [...text.matchAll(/\d+|True|False|'[^']*'|[(),]/g)];
  const part = random.pick(parts);
  const dict = Buffer.from(text.slice(0, part.index) + random.pick(NPY_WORDS) + text.slice(part.index + part[0].length), "latin1");
  const head = file.slice(0, start);
  const lengthView = new DataView(head.buffer);
  if (start === 10) lengthView.setUint16(8, dict.length, true);
  else lengthView.setUint32(8, dict.length, true);
  return joined(head, dict, file.subarray(start + length));
}

const NPY_WORDS = [
  "0",
  "1",
  "2",
  "64",
  "4611686018427387904",
  "9".repeat(400),
  "-1",
  "1 2",
  "16L",
  "True",
  "False",
  "",
  ",",
  "(",
  ")",
].concat([
  "'<i2'",
  "'>i8'",
  "'<u8'",
  "'|i1'",
  "'|u1'",
  "'<f4'",
  "'|O'",
  "'<i2\\n'",
  "'\u001b[31m'",
  "[('a', '<i2')]",
  "'descr'",
  "1, ".repeat(3000),
]);

/**
 * Changes one value, key or bracket of JSON text. @param {Uint8Array} file @param {Random} random
 */
export function shapeJson(file, random) {
  const text = Buffer.from(file).toString("utf8");
  const parts = [...text.matchAll(/-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*"|true|false|null|[[\]{},:]/g)];
  if (parts.length === 0) return file;
  const part = random.pick(random.oneIn(2) ? parts.slice(0, 40) : parts);
  const kind = random.below(8);
  const end = part.index + part[0].length;
  if (kind === 0) return Buffer.from(text.slice(0, part.index) + text.slice(end));
  if (kind === 1) return Buffer.from(`${text.slice(0, end)},${text.slice(part.index)}`);
  const word = kind < 5 ? random.pick(JSON_WORDS)() : wordLike(part[0], random);
  return Buffer.from(text.slice(0, part.index) + word + text.slice(end));
}

/** Another token of the same kind. */
function wordLike(token, random) {
  if (/^[-\d]/.test(token)) return random.pick(["0", "1", "3", "16", "2047", "2048", "12.5", "-1", "30000"]);
  if (token.startsWith('"'))
    return random.pick(['"codes"', '"a"', '""', '"layers"', '"sampleCount"', '"model"', '"audio_codes"', '"ü"', '"\\u00e9"']);
  return token === "," ? ", \n" : token;
}

/** Values of JSON that parsers get wrong, separated by spaces. */
const JSON_VALUES =
  "0 -0 -1 1 2 1.5 1e308 1e999 -1e999 5e-324 2047 2048 32768 9007199254740992 4294967296 null true NaN Infinity [] {} [[]] [1,2,3] " +
  '"" "\\u0000\\u001b[31m" "\\ud800" "\\n" "\u2028" "__proto__" "constructor" "codes" "layers" "shape" "name" {"__proto__":1} \u001b "a"b ' +
  '"00000000000000000000000000000000"';

const JSON_WORDS = JSON_VALUES.split(" ")
  .map((word) => () => word)
  .concat([
    () => "9".repeat(5000),
    () => `"${"a".repeat(5000)}"`,
    () => `${"[".repeat(300)}${"]".repeat(300)}`,
    () => `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    () => `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
    () => `[${"[],".repeat(2000)}[]]`,
  ]);

/**
 * Changes the JSON of a safetensors file and makes its length right again. @param {Uint8Array} file
 * @param {Random} random
 */
export function shapeSafetensors(file, random) {
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  const json = shapeJson(file.subarray(8, 8 + length), random);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
  return joined(head, json, file.subarray(8 + length));
}
