/**
 * `node bench/onnx-and-wasm.mjs`: the two backends that run the compact model, in turn on the same
 * sounds and codes: speed, latency, opening, memory. Times are processor time, which other work on
 * the machine changes less than the clock. Writes bench/results/onnx-and-wasm.json.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BACKENDS, openCodec, readAudio } from "@twelvehz/codec/node";
import { prepare, root } from "../scripts/prepare.mjs";
import { measuredOn, median, timed } from "./machine.mjs";

const CLIPS = join(root, "examples/clips");
const ROUNDS = 7;
const FRESH = 3;
const LATER_FRAMES = 100;

async function clips() {
  const names = readdirSync(CLIPS).filter((name) => /\.(flac|wav|mp3)$/.test(name));
  return Promise.all(names.map((name) => readAudio(join(CLIPS, name))));
}

async function eachOf(values, work) {
  for (const value of values) await work(value);
}

/** Of a stream: processor milliseconds of each frame after the first. */
async function laterFrameMs(codec, codes) {
  const stream = codec.openDecodeStream();
  await stream.push(codes.slice(0, 1));
  const frames = Math.min(LATER_FRAMES, codes.frames - 1);
  const ms = await timed(async () => {
    for (let t = 1; t <= frames; t++) await stream.push(codes.slice(t, t + 1));
  });
  await stream.close();
  return ms / frames;
}

/** Opens one half, or both, in a fresh process and decodes a second of silence. */
function fresh(backend, halves) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), backend, halves], {
    encoding: "utf8",
    cwd: root,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function open(backend, halves) {
  let codec;
  const openMs = await timed(async () => {
    codec = await openCodec("compact", { backend });
    await codec.prepare({ decoder: true, encoder: halves === "both" });
  });
  const stream = codec.openDecodeStream();
  await stream.push(new Int16Array(16 * 12));
  process.stdout.write(JSON.stringify({ openMs, megabytes: process.memoryUsage().rss / 1e6 }));
  process.exit(0);
}

async function main() {
  if (process.argv[2]) return open(process.argv[2], process.argv[3]);
  prepare();
  const codecs = await Promise.all(BACKENDS.map((backend) => openCodec("compact", { backend })));
  const sounds = await clips();
  const all = [];
  await eachOf(sounds, async (sound) => all.push(await codecs[0].encode(sound)));
  const seconds = all.reduce((sum, codes) => sum + codes.frames / codecs[0].info.frameRate, 0);
  const rounds = BACKENDS.map(() => ({ encode: [], decode: [], frame: [] }));
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, codec] of codecs.entries()) {
      rounds[i].encode.push(await timed(() => eachOf(sounds, (sound) => codec.encode(sound))));
      rounds[i].decode.push(await timed(() => eachOf(all, (codes) => codec.decode(codes))));
      rounds[i].frame.push(await laterFrameMs(codec, all[0]));
    }
  const results = {
    measured: measuredOn("node bench/onnx-and-wasm.mjs"),
    model: codecs[0].info.name,
    clips: all.length,
    seconds,
    backends: BACKENDS.map((backend, i) => {
      const opened = Array.from({ length: FRESH }, () => fresh(backend, "decoder"));
      const both = Array.from({ length: FRESH }, () => fresh(backend, "both"));
      return {
        backend,
        encode: (seconds * 1000) / median(rounds[i].encode),
        decode: (seconds * 1000) / median(rounds[i].decode),
        frameMs: median(rounds[i].frame),
        openDecoderMs: median(opened.map(({ openMs }) => openMs)),
        openMs: median(both.map(({ openMs }) => openMs)),
        megabytes: median(opened.map(({ megabytes }) => megabytes)),
      };
    }),
    moduleBytes: statSync(join(root, "packages/codec/wasm/codec-simd.wasm")).size,
  };
  writeFileSync(join(root, "bench/results/onnx-and-wasm.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(results);
  for (const codec of codecs) await codec.close();
}

await main();
