/**
 * `node bench/decoders.mjs`: the two backends that decode with the compact model, in turn on the
 * same codes: speed, latency, opening, memory, and how far apart they sound. Times are processor
 * time, which other work on the machine changes less than the clock. Writes
 * bench/results/decoders.json.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BACKENDS, openCodec, readAudio } from "@twelvehz/codec/node";
import { prepare, root } from "../scripts/prepare.mjs";
import { measuredOn, median } from "./machine.mjs";

const CLIPS = join(root, "examples/clips");
const LONGEST_SECONDS = 20;
const ROUNDS = 9;
const FRESH = 5;
const LATER_FRAMES = 100;

/** Milliseconds of all processors that some work of this process takes. */
async function processorMs(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function clips() {
  const names = readdirSync(CLIPS).filter((name) => /\.(flac|wav|mp3)$/.test(name));
  const sounds = await Promise.all(names.map((name) => readAudio(join(CLIPS, name))));
  return sounds.map((sound) => sound.slice?.(0, LONGEST_SECONDS * sound.sampleRate) ?? sound);
}

/** Of a stream: processor milliseconds of each frame after the first. */
async function laterFrameMs(codec, codes) {
  const stream = codec.openDecodeStream();
  await stream.push(codes.slice(0, 1));
  const frames = Math.min(LATER_FRAMES, codes.frames - 1);
  const ms = await processorMs(async () => {
    for (let t = 1; t <= frames; t++) await stream.push(codes.slice(t, t + 1));
  });
  await stream.close();
  return ms / frames;
}

function differenceDb(found, wanted) {
  const error = wanted.reduce((sum, x, i) => sum + (found[i] - x) ** 2, 0);
  return 10 * Math.log10(error / wanted.reduce((sum, x) => sum + x * x, 0));
}

/** Opens a decoder in a fresh process and decodes a second of silence. */
function fresh(backend) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), backend], {
    encoding: "utf8",
    cwd: root,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function open(backend) {
  let codec;
  const openMs = await processorMs(async () => {
    codec = await openCodec("compact", { backend });
    await codec.prepare({ decoder: true });
  });
  const stream = codec.openDecodeStream();
  await stream.push(new Int16Array(16 * 12));
  process.stdout.write(JSON.stringify({ openMs, megabytes: process.memoryUsage().rss / 1e6 }));
  process.exit(0);
}

async function main() {
  if (process.argv[2]) return open(process.argv[2]);
  prepare();
  const codecs = await Promise.all(BACKENDS.map((backend) => openCodec("compact", { backend })));
  const sounds = await clips();
  const all = [];
  for (const sound of sounds) all.push(await codecs[0].encode(sound));
  const seconds = all.reduce((sum, codes) => sum + codes.frames / codecs[0].info.frameRate, 0);
  const rounds = BACKENDS.map(() => ({ whole: [], frame: [] }));
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, codec] of codecs.entries()) {
      rounds[i].whole.push(
        await processorMs(async () => {
          for (const codes of all) await codec.decode(codes);
        }),
      );
      rounds[i].frame.push(await laterFrameMs(codec, all[0]));
    }
  const differences = [];
  for (const codes of all) {
    const [one, other] = [await codecs[0].decode(codes), await codecs[1].decode(codes)];
    differences.push(differenceDb(other.samples, one.samples));
  }
  const results = {
    measured: measuredOn("node bench/decoders.mjs"),
    model: codecs[0].info.name,
    clips: all.length,
    seconds,
    worstDb: Math.max(...differences),
    medianDb: median(differences),
    backends: BACKENDS.map((backend, i) => {
      const opened = Array.from({ length: FRESH }, () => fresh(backend));
      return {
        backend,
        xRealTime: (seconds * 1000) / median(rounds[i].whole),
        frameMs: median(rounds[i].frame),
        openMs: median(opened.map(({ openMs }) => openMs)),
        megabytes: median(opened.map(({ megabytes }) => megabytes)),
      };
    }),
    moduleBytes: statSync(join(root, "packages/codec/wasm/codec-simd.wasm")).size,
  };
  writeFileSync(join(root, "bench/results/decoders.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(results);
  for (const codec of codecs) await codec.close();
}

await main();
