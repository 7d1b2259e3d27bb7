/**
 * `npm run bench [-- --against REVISION]`: speed, latency and memory of the codec on this machine.
 * Writes bench/results/speed.json and prints it. Every figure is a median of
 * processor time, but that of the command; each part runs in processes of its own. With `--against`, the same parts of an earlier revision run in turn with
 * these, and what is printed beside each figure is the ratio.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Audio, Codes, openCodec, readAudio, writeAudio } from "@twelvehz/codec/node";
import { root } from "../scripts/prepare.mjs";
import { measuredOn, median, timed } from "./machine.mjs";
import { withRevision } from "./revision.mjs";

const CLIP = join(root, "examples/clips/english.flac");
const SECONDS = 12;
const ROUNDS = 3;
const FRAME_MS = 80;
const STREAM_FRAMES = 100;

/** The clip again and again until it is `seconds` long. */
async function loop(seconds) {
  const { samples, sampleRate } = await readAudio(CLIP);
  const out = new Float32Array(seconds * sampleRate);
  for (let at = 0; at < out.length; at += samples.length) out.set(samples.subarray(0, out.length - at), at);
  return new Audio(out, sampleRate);
}

async function medianOf(rounds, work) {
  const times = [];
  for (let i = 0; i < rounds; i++) times.push(await timed(work));
  return median(times);
}

/** Milliseconds for the first frame of fresh streams, until its samples are there, and for a later one. */
async function latency(codec, codes) {
  const streams = Array.from({ length: 20 }, () => codec.openDecodeStream());
  for (const stream of streams) await stream.reset(); // opened
  const push = async (t) => {
    for (const stream of streams) await stream.push(codes.slice(t, t + 1));
  };
  const firstMs = await timed(() => push(0));
  const laterMs = await medianOf(9, () => push(1));
  for (const stream of streams) await stream.close();
  return { firstSamplesMs: firstMs / streams.length, frameMs: laterMs / streams.length };
}

/** Streams that one codec, on one core, decodes frame by frame as fast as they play. */
async function streamsHeld(codec, codes) {
  const streams = Array.from({ length: 8 }, () => codec.openDecodeStream());
  for (const stream of streams) await stream.push(codes.slice(0, 1));
  const ms = await timed(async () => {
    for (let t = 1; t < STREAM_FRAMES; t++) await Promise.all(streams.map((stream) => stream.push(codes.slice(t, t + 1))));
  });
  for (const stream of streams) await stream.close();
  return Math.floor((FRAME_MS * (STREAM_FRAMES - 1) * streams.length) / ms);
}

/** Each gives figures by name. */
const PARTS = {
  async speed() {
    const codec = await openCodec("compact", { threads: 1 });
    const audio = await loop(SECONDS);
    const codes = await codec.encode(audio);
    await codec.decode(codes); // warm
    const encodeMs = await medianOf(ROUNDS, () => codec.encode(audio));
    const decodeMs = await medianOf(ROUNDS, () => codec.decode(codes));
    const xRealTime = (ms) => (SECONDS * 1000) / ms;
    return {
      encode: xRealTime(encodeMs),
      decode: xRealTime(decodeMs),
      roundTrip: xRealTime(encodeMs + decodeMs),
      ...(await latency(codec, codes)),
      streams: await streamsHeld(codec, codes),
    };
  },
  async open() {
    return { openMs: await timed(async () => (await openCodec("compact")).prepare()) };
  },
  async openDecoder() {
    return { openDecoderMs: await timed(async () => (await openCodec("compact")).prepare({ decoder: true })) };
  },
  async command() {
    const folder = mkdtempSync(join(tmpdir(), "twelvehz-bench-"));
    const [sound, codes] = [join(folder, "one.wav"), join(folder, "one.t12")];
    await writeAudio(sound, await loop(1));
    const command = [join(root, "packages/cli/dist/main.js"), "encode", sound, "-o", codes];
    const began = performance.now();
    spawnSync(process.execPath, command);
    const commandMs = performance.now() - began;
    rmSync(folder, { recursive: true });
    return { commandMs };
  },
  async memory() {
    const codec = await openCodec("compact");
    await codec.decode(await codec.encode(await loop(10)));
    return { peakMegabytes: process.resourceUsage().maxRSS / 1024 };
  },
  async memoryDecode() {
    const codec = await openCodec("compact");
    await codec.decode(new Codes(new Int16Array(125 * 16), 16));
    return { peakMegabytesDecodeOnly: process.resourceUsage().maxRSS / 1024 };
  },
};

/** Runs one part of this file in a fresh process, in this tree or another. */
function inFreshProcess(part, tree) {
  const result = spawnSync(process.execPath, [join(tree, "bench/speed.mjs"), part], { encoding: "utf8", cwd: tree });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

/** Medians of all figures of some trees, whose parts run in turn. */
function measure(trees) {
  const runs = trees.map(() => new Map());
  for (let round = 0; round < ROUNDS; round++)
    for (const part of Object.keys(PARTS))
      for (const [i, tree] of trees.entries())
        for (const [name, value] of Object.entries(inFreshProcess(part, tree))) runs[i].set(name, [...(runs[i].get(name) ?? []), value]);
  return runs.map((figures) => Object.fromEntries([...figures].map(([name, values]) => [name, median(values)])));
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { against: { type: "string" } } });
  if (positionals[0]) {
    process.stdout.write(JSON.stringify(await PARTS[positionals[0]]()));
    process.exit(0);
  }
  const figures = values.against
    ? await withRevision(values.against, fileURLToPath(new URL(".", import.meta.url)), (tree) => measure([root, tree]))
    : measure([root]);
  const [now, before] = figures;
  const against = before && { revision: values.against, figures: before };
  const results = {
    measured: measuredOn(`npm run bench${values.against ? ` -- --against ${values.against}` : ""}`),
    clipSeconds: SECONDS,
    ...now,
    ...(against && { against }),
  };
  writeFileSync(join(root, "bench/results/speed.json"), `${JSON.stringify(results, null, 2)}\n`);
  for (const [name, value] of Object.entries(now)) {
    const ratio = before ? `, ${(value / before[name]).toFixed(2)} times ${before[name].toFixed(1)} of ${values.against}` : "";
    console.log(`${name.padEnd(24)} ${value.toFixed(1)}${ratio}`);
  }
}

await main();
