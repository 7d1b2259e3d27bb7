/**
 * Inputs that once broke a law, cut down to what matters, and bombs: each with the outcome that is
 * right.
 */
import { serializeCodes, Codes, TokenFileWriter } from "../../packages/codec/dist/index.js";
import { writeStoredZip } from "../../packages/codec/dist/tokenfile/stored-zip.js";
import { writeTensorPickle } from "../../packages/codec/dist/tokenfile/tensor-pickle.js";
import { joined } from "./mutate.mjs";
import { sound } from "./seeds.mjs";
import { flacFrameSeal, sealOgg } from "./shape-audio.mjs";

const text = (value) => new TextEncoder().encode(value);
const hex = (value) => Uint8Array.from(Buffer.from(value.replaceAll(" ", ""), "hex"));
const nested = (depth, open, close) => `${open.repeat(depth)}1${close.repeat(depth)}`;

function u32(value, little = true) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, little);
  return out;
}

/** A WAV header of `channels` and a data chunk that declares `declared` bytes and has four. */
function wav(channels, declared, id = "fmt ") {
  const format = hex(`0100 ${Buffer.from([channels & 255, channels >> 8]).toString("hex")} c05d0000 80bb0000 0200 1000`);
  return joined(text("RIFF"), u32(0xffffffff), text(`WAVE${id}`), u32(16), format, text("data"), u32(declared), new Uint8Array(4));
}

/**
 * FLAC of one channel at 4000 Hz; STREAMINFO declares blocks of 65535 samples and as many samples
 * as can be said.
 */
function flacHead(totalSamples = 0) {
  const head = hex("664c6143 80000022 ffffffff 000000 000000 00fa00f0 00000000 00000000000000000000000000000000");
  new DataView(head.buffer).setUint32(22, totalSamples);
  return head;
}

/**
 * A frame whose predictor of order 1 doubles each sample: they leave the range of 16 bits, and the
 * checksums are right.
 */
function growingFlac() {
  // constant numbers: sync, block size in 8 bits, rate and depth of the file; LPC order 1,
  // precision 3 bits, coefficient 2, shift 0; residuals of 0 bits
  const frame = joined(hex("fff8 6008 00 1f 00"), hex("40 4000 20 0002 07 e000"), new Uint8Array(8));
  return joined(flacHead(), flacFrameSeal(frame, 6));
}

/** Frames of 65536 equal samples in 14 bytes each. */
function flatFlac(frames) {
  const frame = flacFrameSeal(hex("fff8 7008 00 ffff 00 00 0001 0000"), 7);
  return joined(flacHead(), ...Array.from({ length: frames }, () => frame));
}

function patched(bytes, at, values) {
  bytes.set(values, at);
  return bytes;
}

function pt(rows, columns, data, patch = (pickle) => pickle) {
  return writeStoredZip(
    new Map([
      ["c/data.pkl", patch(writeTensorPickle(rows, columns))],
      ["c/data/0", data],
    ]),
  );
}

function npy(shape) {
  const dict = text(`{'descr': '<i2', 'fortran_order': False, 'shape': (${shape}), }\n`);
  return joined(hex("934e554d5059 0100"), Uint8Array.of(dict.length & 255, dict.length >> 8), dict);
}

function safetensors(json, declared = undefined) {
  const body = text(json);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(declared ?? body.length), true);
  return joined(head, body);
}

function t12(frames) {
  const writer = new TokenFileWriter({ layers: 2 });
  return joined(writer.push(new Int16Array(2 * frames)), writer.finish());
}

const CONFIG = JSON.parse(
  '{"model_type":"twelvehz-compact","version":1,"sample_rate":24000,"frame_rate":12.5,"layers":16,"codebook_size":2048,"codebook_dim":64,' +
    '"bands":128,"single_bins":48,"floor":0.01,"fine_dim":192,"dim":512,"depth":[1,4,4,2],"iterations":4,"open_steps":1,"momentum":0.9,' +
    '"tolerance":0.01,"name":"a"}',
);
const config = (field, json) => text(JSON.stringify({ ...CONFIG, [field]: "@" }).replace('"@"', json));
const model = (name, id) => text(JSON.stringify({ model: { name, id }, codes: [[1]] }));

/** @type {readonly { name: string, reader: string, bytes: () => Uint8Array, outcome: string }[]} */
export const REGRESSIONS = [
  {
    name: "the name of a chunk does not reach the terminal as it is",
    reader: "wav",
    bytes: () => wav(1, 4, "\u001b[2J"),
    outcome: "bad-format",
  },
  { name: "samples of FLAC that leave the range of their bits are damage", reader: "flac", bytes: growingFlac, outcome: "bad-format" },
  {
    name: "deep nesting in a field of config.json",
    reader: "config",
    bytes: () => config("bands", nested(20_000, "[", "]")),
    outcome: "bad-model",
  },
  {
    name: "deep nesting in model_type",
    reader: "config",
    bytes: () => config("model_type", nested(20_000, "[", "]")),
    outcome: "bad-model",
  },
  {
    name: "deep nesting in a field that is not used",
    reader: "config",
    bytes: () => config("extra", nested(20_000, '{"a":', "}")),
    outcome: "bad-model",
  },
  { name: "a missing field of config.json is called missing", reader: "config", bytes: () => text("{}"), outcome: "bad-model" },
  { name: "a model name that is half a character", reader: "config", bytes: () => config("name", '"\\ud800"'), outcome: "bad-model" },
  { name: "JSON errors of several lines become one", reader: "json", bytes: () => text("[\n[1,\n,2]]"), outcome: "bad-format" },
  {
    name: "deep nesting in a number of JSON",
    reader: "json",
    bytes: () => text(`{"codes":[],"layers":${nested(20_000, "[", "]")}}`),
    outcome: "bad-format",
  },
  { name: "no layers at all in JSON", reader: "json", bytes: () => text('{"codes":[[1,2]],"layers":0}'), outcome: "bad-codes" },
  {
    name: "a model name of over 64 bytes, which no token file holds",
    reader: "json",
    bytes: () => model("a".repeat(65), "1".repeat(32)),
    outcome: "bad-format",
  },
  { name: "a model id of zeros, which stands for none", reader: "json", bytes: () => model("a", "0".repeat(32)), outcome: "bad-format" },
  { name: "half a character in a model name", reader: "json", bytes: () => model("\ud800", "1".repeat(32)), outcome: "bad-format" },
  {
    name: "a frame rate of nearly nothing and more samples than the frames have",
    reader: "json",
    bytes: () => text('{"frameRate":1e-9,"sampleCount":9000000000,"codes":[[1]]}'),
    outcome: "bad-format",
  },
  {
    name: "a tensor that ends in the middle of an element",
    reader: "pt",
    bytes: () => pt(1, 1, new Uint8Array(3), (p) => offsetOne(p)),
    outcome: "bad-format",
  },
  {
    name: "a header that counts fewer samples than come",
    reader: "oggflac",
    bytes: () => sealOgg(patched(sound("english.oga"), 62, [0])),
    outcome: "accepted",
  },
  {
    name: "a decoder that trips over a bit rate: its own words are not shown",
    reader: "vorbis",
    bytes: () => sealOgg(patched(sound("chinese.ogg"), 54, [173, 215, 130, 21])),
    outcome: "bad-format",
  },
  {
    name: "bomb: zeros after the last frame",
    reader: "mp3",
    bytes: () => joined(sound("english-plain.mp3"), new Uint8Array(2_000_000)),
    outcome: "accepted",
  },
  {
    name: "deep nesting in the published configuration",
    reader: "config",
    bytes: () => text(`{"model_type":"qwen3_tts_tokenizer_12hz","input_sample_rate":${nested(20_000, "[", "]")}}`),
    outcome: "bad-model",
  },
  {
    name: "deep nesting in metadata",
    reader: "safetensors",
    bytes: () => safetensors(`{"__metadata__":${nested(1000, "[", "]")}}`),
    outcome: "bad-format",
  },
  {
    name: "a field that is nested too deep to be written again",
    reader: "jsonl",
    bytes: () => text(`{"audio_codes":[[1]],"a":${nested(20_000, "[", "]")}}`),
    outcome: "bad-format",
  },
  {
    name: "a trailer that counts too few frames, and another: salvage counts no frames below 0",
    reader: "t12",
    bytes: () => joined(t12(70).subarray(0, -20), t12(64).slice(-20), t12(64).slice(-20)),
    outcome: "bad-format",
  },
  {
    name: "bytes after the trailer are damage for random access too",
    reader: "t12",
    bytes: () => joined(t12(3), new Uint8Array(40)),
    outcome: "bad-format",
  },
  {
    name: "a long string in a safetensors header",
    reader: "safetensors",
    bytes: () => safetensors(`{"__metadata__":{"a":"${"\\\\".repeat(4_000_000)}"}}`),
    outcome: "accepted",
  },
  { name: "bomb: WAV that declares 4 GB", reader: "wav", bytes: () => wav(1, 0xfffff000 - 1), outcome: "accepted" },
  { name: "bomb: WAV of 65535 channels", reader: "wav", bytes: () => wav(65_535, 4), outcome: "unsupported" },
  {
    name: "bomb: WAV chunk of 4 GB before the format",
    reader: "wav",
    bytes: () => joined(text("RIFF"), u32(9), text("WAVEJUNK"), u32(0xfffffff0), new Uint8Array(9)),
    outcome: "bad-format",
  },
  { name: "bomb: FLAC that declares 12 days", reader: "flac", bytes: () => flacHead(0xffffffff), outcome: "bad-audio" },
  { name: "bomb: FLAC of 14 bytes for 16 s", reader: "flac", bytes: () => flatFlac(500), outcome: "too-large" },
  { name: "bomb: MP3 made of ID3 tags", reader: "mp3", bytes: () => hex("49443303000000000000".repeat(20_000)), outcome: "bad-format" },
  { name: "bomb: an ID3 tag that declares 256 MB", reader: "mp3", bytes: () => hex("494433030000 7f7f7f7f 00"), outcome: "bad-format" },
  { name: "bomb: a number of a million digits", reader: "json", bytes: () => text(`[[${"9".repeat(1_000_000)}]]`), outcome: "bad-codes" },
  { name: "bomb: JSON nested a million deep", reader: "json", bytes: () => text("[".repeat(1_000_000)), outcome: "bad-format" },
  { name: "bomb: .npy of shape (2^62, 16)", reader: "npy", bytes: () => npy("4611686018427387904, 16"), outcome: "bad-format" },
  { name: "bomb: .npy of shape (2^62, 0)", reader: "npy", bytes: () => npy("4611686018427387904, 0"), outcome: "bad-codes" },
  { name: "bomb: .npy of shape (0, 2^62)", reader: "npy", bytes: () => npy("0, 4611686018427387904"), outcome: "bad-codes" },
  {
    name: "bomb: safetensors header of 100 MB declared",
    reader: "safetensors",
    bytes: () => safetensors("{}", 100_000_000),
    outcome: "bad-format",
  },
  {
    name: "bomb: safetensors header over 100 MB declared",
    reader: "safetensors",
    bytes: () => safetensors("{}", 100_000_001),
    outcome: "too-large",
  },
  {
    name: "bomb: safetensors shape of 2^53 each",
    reader: "safetensors",
    bytes: () => safetensors('{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,0]}}'),
    outcome: "bad-format",
  },
  { name: "no frames at all", reader: "npy", bytes: () => serializeCodes(new Codes(new Int16Array(0), 3), "npy"), outcome: "accepted" },
];

/** Sets the storage offset, the number after the storage, to 1. */
function offsetOne(pickle) {
  const at = pickle.indexOf(0x51) + 2;
  pickle[at] = 1;
  return pickle;
}
