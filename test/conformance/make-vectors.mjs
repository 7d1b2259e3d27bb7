/**
 * Turns a golden file (test/fixtures/published/README.md) into conformance vectors: `node
 * test/conformance/make-vectors.mjs GOLDEN.npz FOLDER tiny|full SEED`. The vectors in this folder
 * were made by `node test/conformance/make-vectors.mjs test/fixtures/published/tiny7.npz
 * test/conformance/vectors tiny 7`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNpz, writeNpy } from "../support/npz.mjs";

const FRAME = 1920;
const KEPT_FROM = 295;
const KEPT_FRAMES = 30;
/**
 * What each case of the golden file tries, and where it may be compared from, to keep the files
 * small: the earlier frames are the same as those of other cases.
 */
const CASES = {
  "encode/whole": { trap: "whole frames" },
  "encode/ragged": { trap: "the last frame is not whole: every strided convolution pads its own right side" },
  "encode/short": { trap: "less than one frame" },
  "encode/one": { trap: "a few samples only" },
  "encode/just_over": { trap: "one sample more than a frame" },
  "encode/beyond_window": { trap: "more encoder steps than the window: attention is full unless it is told otherwise" },
  "decode/short": { trap: "one frame" },
  "decode/plain": { trap: "code 0 is an ordinary code" },
  "decode/beyond_window": { trap: "more frames than the window of the decoder's attention", fromFrame: 60 },
  "decode/beyond_chunk": { trap: "more than 300 frames", fromFrame: KEPT_FROM, frames: KEPT_FRAMES },
};
const TOLERANCE = { tiny: 2e-5, full: 2e-4 };

/** 24 kHz mono 16-bit WAV. */
function wav(samples) {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ])
    head.writeUInt16LE(value, at);
  head.writeUInt32LE(24000, 24);
  head.writeUInt32LE(48000, 28);
  head.write("data", 36);
  head.writeUInt32LE(bytes.length, 40);
  return Buffer.concat([head, bytes]);
}

function encodeVectors(golden, name, trap, write) {
  const { data } = golden[`${name}/pcm`];
  const input = write(`${name}.wav`, wav(data));
  return [
    ["reference", "codes"],
    ["windowed", "codes_windowed"],
  ]
    .filter(([, key]) => golden[`${name}/${key}`])
    .map(([attention, key]) => ({
      kind: "encode",
      trap,
      attention,
      input,
      expected: write(`${name}.${key}.npy`, writeNpy(golden[`${name}/${key}`])),
    }));
}

function decodeVectors(golden, name, { trap, fromFrame = 0, frames }, write) {
  const input = write(`${name}.codes.npy`, writeNpy(golden[`${name}/codes`]));
  const whole = golden[`${name}/pcm`]?.data.subarray(fromFrame * FRAME);
  const parts = whole
    ? [["any", whole]]
    : [
        ["exact", golden[`${name}/unchunked_from_frame_${KEPT_FROM}`].data],
        ["reference", golden[`${name}/pcm_from_frame_${KEPT_FROM}`].data],
      ];
  return parts.map(([chunking, data]) => {
    if (frames !== undefined && data.length !== frames * FRAME) throw new Error(`${name} has ${data.length} samples`);
    const expected = write(`${name}.${chunking}.pcm.npy`, writeNpy({ data, shape: [data.length] }));
    return { kind: "decode", trap, chunking, input, expected, fromFrame };
  });
}

const [file, folder, size, seed] = process.argv.slice(2);
const golden = readNpz(readFileSync(file));
mkdirSync(folder, { recursive: true });
const write = (name, bytes) => {
  const flat = name.replace("/", "-");
  writeFileSync(join(folder, flat), bytes);
  return flat;
};
const vectors = Object.entries(CASES)
  .filter(([name]) => golden[`${name}/codes`])
  .flatMap(([name, options]) =>
    name.startsWith("encode") ? encodeVectors(golden, name, options.trap, write) : decodeVectors(golden, name, options, write),
  );
const manifest = {
  checkpoint: { size, seed: Number(seed), rule: "docs/conformance.md" },
  sampleRate: 24000,
  samplesPerFrame: FRAME,
  pcmTolerance: TOLERANCE[size],
  vectors,
};
writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
