/**
 * The readers, and what must hold of a success: each `read` gives nothing when the input was
 * understood and all is well, and throws what the library threw, or a `Violation`.
 */
import {
  bytesSource,
  CodecError,
  Codes,
  CODES_FORMATS,
  collectAudio,
  openAudioStream,
  parseCodes,
  readTokenFile,
  serializeCodes,
  tokenFileBlocks,
  TokenFileReader,
} from "../../packages/codec/dist/index.js";
import { openEngine } from "../../packages/codec/dist/internal.js";
import { COMPACT_MODEL_TYPE, parseCompactConfig } from "../../packages/codec/dist/model/compact/config.js";
import { parsePublishedConfig } from "../../packages/codec/dist/model/published/config.js";
import { modelId } from "../../packages/codec/dist/model/identity.js";
import { floatsOf, openSafetensors, readSafetensorsIndex, tensorData } from "../../packages/codec/dist/model/safetensors.js";
import { memoryFile, SafetensorsWeights } from "../../packages/codec/dist/model/weights.js";
import { parseJsonl, serializeJsonl } from "../../packages/codec/dist/tokenfile/jsonl.js";
import { parseNpy } from "../../packages/codec/dist/tokenfile/npy.js";
import { parsePt } from "../../packages/codec/dist/tokenfile/pt.js";
import { sealOgg, shapeChunks, shapeFlac, shapeMp3 } from "./shape-audio.mjs";
import { shapeJson, shapeNpy, shapeSafetensors, shapeT12, shapeZip } from "./shape-codes.mjs";

/** @typedef {import("./random.mjs").Random} Random */

/** A law that does not hold. */
export class Violation extends Error {}

/** @param {unknown} holds @param {string} law */
function must(holds, law) {
  if (!holds) throw new Violation(law);
}

/** Longest sound that is read, in seconds: a small file can stand for hours, which is no fault. */
const MAX_SECONDS = 30;
/**
 * Rates that sound is resampled from: each other pair takes a filter table of its own, which takes
 * up to half a second.
 */
const COMMON_RATES = new Set([8000, 16_000, 22_050, 44_100, 48_000]);
const PIECES = [1, 100, 4096, 65_536];

/** @param {Uint8Array} bytes @param {number} length */
async function* inPieces(bytes, length) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/**
 * Reads a sound of any kind to the end, as mono. @param {Uint8Array} bytes @param {Random} random
 */
async function readSound(bytes, random) {
  const stream = await openAudioStream(inPieces(bytes, random.pick(PIECES)), { name: "in", maxSeconds: MAX_SECONDS });
  const { channels, sampleRate, durationSeconds, format } = stream.info;
  must(Number.isInteger(channels) && channels >= 1 && channels <= 8, `1 to 8 channels, not ${channels}`);
  must(Number.isInteger(sampleRate) && sampleRate >= 4000 && sampleRate <= 384_000, `a rate of 4000 to 384000 Hz, not ${sampleRate}`);
  must(durationSeconds === undefined || durationSeconds >= 0, `a duration that is a number, not ${durationSeconds}`);
  const count = { samples: 0 };
  const rate = random.oneIn(8) && COMMON_RATES.has(sampleRate) ? 24_000 : sampleRate;
  const audio = await collectAudio({ ...stream, chunks: checkedChunks(stream, count) }, rate);
  must(audio.samples.every(Number.isFinite), "finite samples");
  must(audio.samples.length === Math.ceil((count.samples * rate) / sampleRate), "exact length after resampling");
  const exact =
    /^(WAV|RF64|AIFF|FLAC|Ogg FLAC)/.test(format) && durationSeconds !== undefined && !/ADPCM/.test(format) && stream.findings.length === 0; // a difference is said
  if (exact)
    must(
      Math.abs(count.samples - durationSeconds * sampleRate) < 0.5,
      `${durationSeconds * sampleRate} samples were declared, ${count.samples} came`,
    );
}

async function* checkedChunks({ info, chunks }, count) {
  const bounded = /FLAC|PCM|law|ADPCM/.test(info.format);
  for await (const chunk of chunks) {
    must(chunk.length === info.channels, `${info.channels} channels in every piece, not ${chunk.length}`);
    must(
      chunk.every((channel) => channel.length === chunk[0].length),
      "channels of one length",
    );
    if (bounded)
      must(
        chunk.every((channel) => channel.every((x) => x >= -1 && x <= 1)),
        "samples of -1 to 1",
      );
    count.samples += chunk[0].length;
    yield chunk;
  }
}

/** @param {import("../../packages/codec/dist/index.js").Codes} codes */
function checkCodes(codes) {
  const { data, frames, layers, codebookSize, sampleCount } = codes;
  must(data instanceof Int16Array && Number.isInteger(layers) && layers >= 1 && layers <= 64, `1 to 64 layers, not ${layers}`);
  must(frames * layers === data.length, "frames x layers = length of the data");
  must(codebookSize >= 2 && codebookSize <= 32_768 && data.every((code) => code >= 0 && code < codebookSize), "codes in range");
  must(sampleCount === undefined || (Number.isSafeInteger(sampleCount) && sampleCount >= 0), `a whole sample count, not ${sampleCount}`);
}

/** What was read can be written in any format and read back. */
function checkRoundTrip(codes, random, timing = {}) {
  const format = random.pick(CODES_FORMATS);
  if (format === "json" && timing.sampleRate !== undefined && timing.sampleRate !== 24_000) return; // JSON does not name the rate
  if (format === "t12" && !timing.frameRate && (codes.sampleCount ?? 0) > codes.frames * 1920) return; // JSON of another frame rate
  const options = { name: `a.${format}`, codebookSize: codes.codebookSize };
  const { codes: again } = parseCodes(serializeCodes(codes, format, timing), options);
  if (format !== "jsonl" || codes.frames > 0) must(again.layers === codes.layers, `equal layers after ${format}`);
  must(equal(again.data, codes.data), `equal codes after ${format}`);
  const keeps = format === "t12" || format === "json";
  if (keeps)
    must(
      again.sampleCount === codes.sampleCount && again.model?.name === codes.model?.name,
      `the same model and sample count after ${format}`,
    );
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function equal(a, b) {
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);
}

/** A reader that needs no name for the file beside its format. */
function codesReader(format, parse) {
  return async (bytes, random) => {
    const codes = parse(bytes);
    checkCodes(codes);
    const found = parseCodes(bytes, { name: `in.${format}` });
    must(found.format !== format || equal(found.codes.data, codes.data), "the same codes whichever way they are read");
    checkRoundTrip(codes, random);
  };
}

async function readJsonl(bytes, random) {
  const rows = parseJsonl(bytes);
  for (const { codes } of rows) checkCodes(codes);
  const again = parseJsonl(serializeJsonl(rows));
  must(again.length === rows.length && again.every(({ codes }, i) => equal(codes.data, rows[i].codes.data)), "equal rows after writing");
  if (rows.length > 0) checkRoundTrip(random.pick(rows).codes, random);
}

/** All four ways to read a token file must agree. */
async function readT12(bytes, random) {
  const salvaged = outcome(() => readTokenFile(bytes, { salvage: true }));
  const strict = outcome(() => readTokenFile(bytes));
  const streamed = await outcomeLater(() => collect(tokenFileBlocks(inPieces(bytes.slice(), random.pick(PIECES)))));
  const seekable = await outcomeLater(() => readAll(bytes));
  if (salvaged.value) checkSalvaged(salvaged.value, bytes);
  must(salvaged.value || !strict.value, "salvage reads what is read without it");
  must(salvaged.value || strict.error.code === salvaged.error.code, "the same refusal of a bad header");
  if (!strict.value) {
    must(!salvaged.value || salvaged.value.damage.length > 0, "salvage names the damage");
    must(!streamed.value && streamed.error.code === strict.error.code, "a stream is refused as the whole file is");
    must(!seekable.value?.complete, "random access does not take for whole what is damaged");
    must(!seekable.value || !/after the trailer/.test(strict.error.message), "random access refuses bytes after the trailer");
    throw strict.error;
  }
  const { codes, header, complete } = strict.value;
  checkCodes(codes);
  must(equal(salvaged.value.codes.data, codes.data), "salvage of an undamaged file gives all of it");
  if (streamed.error) throw streamed.error;
  must(equal(streamed.value, codes.data), "a stream gives the same codes");
  if (seekable.error) throw seekable.error;
  must(equal(seekable.value.data, codes.data) && seekable.value.complete === complete, "random access gives the same codes");
  const { sampleRate, frameRate } = header;
  checkRoundTrip(codes, random, { sampleRate, frameRate });
}

function checkSalvaged({ codes, damage }, bytes) {
  checkCodes(codes);
  let end = 0;
  for (const { offset, byteLength, firstFrame, frames } of damage) {
    must(offset >= end && offset + byteLength <= bytes.length, "damage lies in the file, in order");
    must(
      Number.isInteger(firstFrame) && firstFrame >= 0 && (frames === undefined || (Number.isInteger(frames) && frames >= 0)),
      "damage counts frames",
    );
    end = offset + byteLength;
  }
}

async function collect(events) {
  const data = [];
  for await (const event of events) if (event.type === "frames") data.push(...event.codes.data);
  return data;
}

async function readAll(bytes) {
  const reader = await TokenFileReader.open(bytesSource(bytes));
  const data = [];
  for await (const codes of reader.iterate()) data.push(...codes.data);
  const middle = Math.floor(reader.frameCount / 2);
  if (reader.frameCount > 0)
    must(
      equal((await reader.frames(middle, middle + 1)).data, data.slice(middle * reader.header.layers, (middle + 1) * reader.header.layers)),
      "one frame by itself is the same",
    );
  return { data, complete: reader.complete };
}

function outcome(work) {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { error };
  }
}

async function outcomeLater(work) {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { error };
  }
}

async function readWeights(bytes) {
  const opened = await outcomeLater(() => openSafetensors(bytesSource(bytes)));
  const read = outcome(() => readSafetensorsIndex(bytes));
  must(opened.error?.code === read.error?.code, "a source is refused as bytes are");
  if (read.error) throw read.error;
  const weights = new SafetensorsWeights([memoryFile(bytes)]);
  for (const [name, { dtype, shape, begin, end }] of read.value.tensors) {
    must(begin <= end && end <= bytes.length, "tensors lie in the file");
    const data = tensorData(bytes, read.value, name);
    const floats = outcome(() => floatsOf(data, dtype));
    if (floats.value) must(floats.value.length === shape.reduce((n, d) => n * d, 1), `the elements of ${dtype} [${shape}]`);
    outcome(() => weights.weight(name, shape));
    weights.stored(name);
  }
}

const NO_WEIGHTS = new CodecError("not-found", "Cannot go on: the configuration is good");

/** The configuration is good when the weights are asked for. */
async function readConfig(bytes) {
  const weights = async () => {
    throw NO_WEIGHTS;
  };
  try {
    await openEngine({ place: "here", config: async () => bytes, weights }, undefined);
  } catch (error) {
    if (error !== NO_WEIGHTS) throw error;
  }
  const json = JSON.parse(new TextDecoder().decode(bytes));
  must(/^[0-9a-f]{32}$/.test(await modelId(json, [])), "an identity of 32 digits");
  const config = json.model_type === COMPACT_MODEL_TYPE ? parseCompactConfig(json) : parsePublishedConfig(json);
  for (const [field, value] of Object.entries(config)) must(typeof value !== "number" || Number.isFinite(value), `a finite "${field}"`);
  if (config.name !== undefined)
    serializeCodes(new Codes(new Int16Array(1), 1, { model: { name: config.name, id: "1".repeat(32) } }), "t12");
}

/** Every Ogg codec: pages keep right checksums, so that the damage reaches the packets. */
const ogg = (seed) => sealOgg(seed);

/**
 * The readers by name: how they read, which change knows their structure (`shape` of a whole seed,
 * `repair` of mutated bytes), milliseconds that one input may take, and which refusals they may
 * give.
 * @type {Readonly<Record<string, { read: (bytes: Uint8Array, random: Random) => Promise<void>,
 * shape?: (seed: Uint8Array, random: Random) => Uint8Array, repair?: (bytes: Uint8Array) =>
 * Uint8Array, limitMs: number, refusals: readonly string[] }>>}
 */
export const READERS = {
  ...audioReader("wav", { shape: (seed, random) => shapeChunks(seed, random, true) }),
  ...audioReader("aiff", { shape: (seed, random) => shapeChunks(seed, random, false) }),
  ...audioReader("flac", { shape: shapeFlac }),
  ...audioReader("mp3", { shape: shapeMp3 }),
  ...audioReader("opus", { repair: ogg }),
  ...audioReader("vorbis", { repair: ogg }),
  ...audioReader("oggflac", { repair: ogg }),
  t12: { read: readT12, shape: shapeT12, limitMs: 200, refusals: ["bad-format", "unsupported"] },
  npy: {
    read: codesReader("npy", parseNpy),
    shape: shapeNpy,
    limitMs: 200,
    refusals: ["bad-format", "unsupported", "bad-codes", "too-large"],
  },
  json: {
    read: codesReader("json", (bytes) => parseCodes(bytes, { name: "in.json" }).codes),
    shape: shapeJson,
    limitMs: 200,
    refusals: ["bad-format", "unsupported", "bad-codes"],
  },
  jsonl: { read: readJsonl, shape: shapeJson, limitMs: 200, refusals: ["bad-format", "bad-codes"] },
  pt: { read: codesReader("pt", parsePt), shape: shapeZip, limitMs: 200, refusals: ["bad-format", "unsupported", "bad-codes"] },
  safetensors: { read: readWeights, shape: shapeSafetensors, limitMs: 200, refusals: ["bad-format", "too-large"] },
  config: { read: readConfig, shape: shapeJson, limitMs: 200, refusals: ["bad-model"] },
};

function audioReader(name, options) {
  return { [name]: { read: readSound, limitMs: 2000, refusals: ["bad-format", "unsupported", "too-large", "bad-audio"], ...options } };
}
