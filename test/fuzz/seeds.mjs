/**
 * The files that are mutated: fixtures, bundled clips, and files that our own writers make. All
 * small.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Codes, encodeWav, serializeCodes, TokenFileWriter } from "../../packages/codec/dist/index.js";
import { writeSafetensors } from "../support/write-safetensors.mjs";
import { serializeJsonl } from "../../packages/codec/dist/tokenfile/jsonl.js";
import { Random } from "./random.mjs";

function file(path) {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))));
}

/** A fixture of sound. @param {string} name */
export function sound(name) {
  return file(`test/fixtures/audio/${name}`);
}

/** A fixture of codes. @param {string} name */
export function codesFixture(name) {
  return file(`test/fixtures/codes/${name}`);
}

/** PCM files cut to `bytes` bytes, with the size of the data chunk corrected. */
function shortWav(name, bytes) {
  const wav = sound(name).slice(0, bytes);
  const data = Buffer.from(wav.buffer).indexOf("data");
  new DataView(wav.buffer).setUint32(data + 4, bytes - data - 8, true);
  return wav;
}

/** As {@link shortWav}: the first COMM field after the channels is the number of frames. */
function shortAiff(name, frames, frameBytes) {
  const whole = sound(name);
  const start = Buffer.from(whole.buffer).indexOf("SSND") + 16;
  const aiff = whole.slice(0, start + frames * frameBytes);
  const view = new DataView(aiff.buffer);
  view.setUint32(start - 12, frames * frameBytes + 8);
  view.setUint32(Buffer.from(aiff.buffer).indexOf("COMM") + 10, frames);
  return aiff;
}

/** A whole FLAC file made of the first frames of another: its length becomes unknown. */
function shortFlac(name, least) {
  const flac = sound(name);
  const sync = Buffer.from([0xff, 0xf8]);
  let end = Buffer.from(flac.buffer).indexOf(sync, least);
  while (end >= 0 && flac[end + 2] !== flac[Buffer.from(flac.buffer).indexOf(sync, 42) + 2])
    end = Buffer.from(flac.buffer).indexOf(sync, end + 1);
  const out = flac.slice(0, end < 0 ? flac.length : end);
  out[21] &= 0xf0;
  out.fill(0, 22, 26);
  return out;
}

function tone(samples) {
  return Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin(i / 9));
}

/** Codes that look like real ones. */
function someCodes(
  frames,
  layers,
  codebookSize = 2048,
  model = { name: "a model", id: "0123456789abcdef0123456789abcdef" },
  sampleCount = undefined,
) {
  const random = new Random(`codes ${frames} ${layers}`);
  return new Codes(
    Int16Array.from({ length: frames * layers }, () => random.below(codebookSize)),
    layers,
    { codebookSize, model, sampleCount },
  );
}

/** A token file with early flushes, and without trailer when it is `live`. */
function tokenFile(codes, options, live = false) {
  const { layers, codebookSize, model } = codes;
  const writer = new TokenFileWriter({ layers, codebookSize, model, ...options });
  const parts = [];
  for (let t = 0; t < codes.frames; t += 7) {
    parts.push(writer.push(codes.slice(t, Math.min(codes.frames, t + 7))));
    if (t % 3 === 0) parts.push(writer.flush?.() ?? new Uint8Array(0));
  }
  if (!live) parts.push(writer.finish(codes.sampleCount));
  return new Uint8Array(Buffer.concat(parts));
}

function weights() {
  return writeSafetensors(
    {
      "encoder.weight": { dtype: "F32", shape: [4, 3], data: new Float32Array(12).fill(0.25) },
      codebooks: { dtype: "I8", shape: [2, 4, 3], data: new Int8Array(24).fill(7) },
      "codebooks.scale": { dtype: "F32", shape: [2, 4], data: new Float32Array(8).fill(0.1) },
      half: { dtype: "F16", shape: [5], data: new Uint16Array(5).fill(0x3c00) },
      brain: { dtype: "BF16", shape: [1, 5], data: new Uint16Array(5).fill(0x3f80) },
      long: { dtype: "I64", shape: [], data: new BigInt64Array(1) },
      none: { dtype: "U8", shape: [0, 7], data: new Uint8Array(0) },
    },
    { format: "pt", 'quote"d': "a \\ b" },
  );
}

/** The published model's configuration: the fields that are read. */
function publishedConfig() {
  const attention = {
    hidden_size: 512,
    num_attention_heads: 8,
    num_key_value_heads: 8,
    head_dim: 64,
    num_hidden_layers: 8,
    rope_theta: 10_000,
  };
  const common = { ...attention, codebook_size: 2048, codebook_dim: 256, intermediate_size: 1024, sliding_window: 72 };
  const encoder = {
    ...common,
    num_filters: 64,
    norm_eps: 1e-5,
    num_quantizers: 32,
    vector_quantization_hidden_dimension: 256,
    frame_rate: 12.5,
  };
  const decoder = { ...common, latent_dim: 1024, rms_norm_eps: 1e-5, num_quantizers: 16, decoder_dim: 1536, upsample_rates: [8, 5, 4, 3] };
  const top = { model_type: "qwen3_tts_tokenizer_12hz", input_sample_rate: 24_000, encoder_valid_num_quantizers: 16 };
  return Buffer.from(JSON.stringify({ ...top, encoder_config: encoder, decoder_config: decoder }));
}

/**
 * The seeds of each reader. Made once: nobody changes them. @type {Readonly<Record<string, () =>
 * Uint8Array[]>>}
 */
export const SEEDS = {
  wav: () => [
    encodeWav({ samples: tone(1500), sampleRate: 24_000 }).bytes,
    encodeWav({ samples: tone(900), sampleRate: 16_000 }, { float: true }).bytes,
    shortWav("english.wav", 6044),
    shortWav("chinese.wav", 8044),
    shortWav("english-a-law.wav", 3058),
    shortWav("english-u-law.wav", 3058),
    shortWav("english-ima-adpcm.wav", 60 + 256 * 8),
    shortWav("chinese-ima-adpcm.wav", 60 + 512 * 8),
    shortWav("english-ms-adpcm.wav", 90 + 256 * 8),
  ],
  aiff: () => [shortAiff("english.aiff", 2000, 2), shortAiff("english-sowt.aifc", 2000, 2), shortAiff("english-float.aifc", 1500, 4)],
  flac: () => [shortFlac("english.flac", 9000), shortFlac("chinese.flac", 9000), shortFlac("chinese-24.flac", 9000)],
  mp3: () => [sound("english-plain.mp3"), sound("english.mp3"), sound("chinese.mp3").subarray(0, 6000)],
  opus: () => [sound("english.opus")],
  vorbis: () => [sound("english.ogg"), sound("chinese.ogg")],
  oggflac: () => [sound("english.oga")],
  t12: () => [
    tokenFile(someCodes(150, 16, 2048, undefined, 150 * 1920 - 7), {}),
    tokenFile(someCodes(40, 4, 1000), { blockFrames: 16, attention: "windowed" }),
    tokenFile(someCodes(9, 1, 2, { name: "größer", id: "ff".repeat(16) }), {
      sampleRate: 48_000,
      frameRate: { numerator: 25, denominator: 1 },
    }),
    tokenFile(someCodes(100, 16), { blockFrames: 8 }, true),
    tokenFile(someCodes(0, 16), {}),
  ],
  npy: () => [
    serializeCodes(someCodes(20, 16), "npy"),
    ...["numpy-int16-v3.npy", "numpy-int16.npy", "numpy-int64-fortran.npy", "numpy-uint16-big-endian.npy"].map(codesFixture),
  ],
  json: () => [
    serializeCodes(someCodes(12, 16, 2048, undefined, 12 * 1920), "json"),
    serializeCodes(someCodes(0, 4), "json"),
    Buffer.from("[[1,2],[3,4]]"),
    Buffer.from('{"codes": [[0, 2047]], "layers": 2, "frameRate": 12.5}'),
  ],
  jsonl: () => [
    serializeJsonl([{ codes: someCodes(5, 16), fields: { audio: "a.wav", text: "Guten Tag", n: [1, { x: null }] } }]),
    serializeJsonl([1, 2, 3].map((n) => ({ codes: someCodes(n, 4), fields: { n } }))),
    Buffer.from('\n{"audio_codes":[[1]]}\r\n  \n'),
  ],
  pt: () => [
    serializeCodes(someCodes(10, 16), "pt"),
    ...["torch-int16.pt", "torch-int32-transposed.pt", "torch-int64-dict.pt", "torch-float.pt", "torch-module-call.pt"].map(codesFixture),
  ],
  safetensors: () => [weights(), writeSafetensors({}), writeSafetensors({ a: { dtype: "U8", shape: [3], data: new Uint8Array(3) } })],
  config: () => [file("packages/compact-model/config.json"), publishedConfig()],
};
