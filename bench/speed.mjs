/**
 * `npm run bench`: speed, latency and memory of the codec on this machine. Writes
 * bench/results/speed.json and prints it as a table. Every figure is a median; the open time and
 * the memory are taken in fresh processes.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Audio, Codes, openCodec, readAudio } from "@twelvehz/codec/node";
import { root } from "../scripts/prepare.mjs";
import { measuredOn, median } from "./machine.mjs";

const CLIP = join(root, "examples/clips/english.flac");
const SECONDS = 30;
const ROUNDS = 5;

/** The clip again and again until it is `seconds` long. */
async function loop(seconds) {
  const { samples, sampleRate } = await readAudio(CLIP);
  const out = new Float32Array(seconds * sampleRate);
  for (let at = 0; at < out.length; at += samples.length) out.set(samples.subarray(0, out.length - at), at);
  return new Audio(out, sampleRate);
}

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function medianOf(rounds, work) {
  const times = [];
  for (let i = 0; i < rounds; i++) times.push(await timed(work));
  return median(times);
}

async function speed(threads) {
  const codec = await openCodec("compact", { threads });
  const audio = await loop(SECONDS);
  const codes = await codec.encode(audio);
  await codec.decode(codes); // warm
  const encodeMs = await medianOf(ROUNDS, () => codec.encode(audio));
  const decodeMs = await medianOf(ROUNDS, () => codec.decode(codes));
  await codec.close();
  const xRealTime = (ms) => (SECONDS * 1000) / ms;
  return { threads, encode: xRealTime(encodeMs), decode: xRealTime(decodeMs), roundTrip: xRealTime(encodeMs + decodeMs) };
}

/**
 * Milliseconds from giving a fresh stream one frame until its first samples are there, and for each
 * later frame.
 */
async function latency() {
  const codec = await openCodec("compact");
  const codes = await codec.encode(await loop(10));
  const first = [];
  const later = [];
  for (let round = 0; round < 20; round++) {
    const stream = codec.openDecodeStream();
    await stream.reset(); // opened
    first.push(await timed(() => stream.push(codes.slice(0, 1))));
    for (let t = 1; t < 20; t++) later.push(await timed(() => stream.push(codes.slice(t, t + 1))));
    await stream.close();
  }
  await codec.close();
  return { firstSamplesMs: median(first), frameMs: median(later) };
}

/** Runs one part of this file in a fresh process. */
function inFreshProcess(part) {
  const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), part], { encoding: "utf8", cwd: root });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

const PARTS = {
  async open() {
    const openMs = await timed(async () => {
      const codec = await openCodec("compact");
      await codec.prepare();
    });
    return { openMs };
  },
  async memory() {
    const codec = await openCodec("compact");
    await codec.decode(await codec.encode(await loop(10)));
    return { peakMegabytes: process.resourceUsage().maxRSS / 1024 };
  },
  async memoryDecode() {
    const codec = await openCodec("compact");
    await codec.decode(new Codes(new Int16Array(125 * 16), 16));
    return { peakMegabytes: process.resourceUsage().maxRSS / 1024 };
  },
};

async function main() {
  const part = process.argv[2];
  if (part) {
    process.stdout.write(JSON.stringify(await PARTS[part]()));
    process.exit(0);
  }
  const results = {
    measured: measuredOn("npm run bench"),
    clipSeconds: SECONDS,
    xRealTime: [await speed(1), await speed(2)],
    ...(await latency()),
    openMs: median(Array.from({ length: ROUNDS }, () => inFreshProcess("open").openMs)),
    peakMegabytes: inFreshProcess("memory").peakMegabytes,
    peakMegabytesDecodeOnly: inFreshProcess("memoryDecode").peakMegabytes,
  };
  writeFileSync(join(root, "bench/results/speed.json"), `${JSON.stringify(results, null, 2)}\n`);
  for (const { threads, encode, decode, roundTrip } of results.xRealTime) {
    console.log(
      `${threads} thread${threads > 1 ? "s" : ""}: encode ${encode.toFixed(0)} x, decode ${decode.toFixed(0)} x, round trip ${roundTrip.toFixed(0)} x real time`,
    );
  }
  console.log(
    `open ${results.openMs.toFixed(0)} ms, first samples ${results.firstSamplesMs.toFixed(1)} ms after the first frame, each later frame ${results.frameMs.toFixed(1)} ms`,
  );
  console.log(
    `peak memory for 10 s: ${results.peakMegabytes.toFixed(0)} MB both ways, ${results.peakMegabytesDecodeOnly.toFixed(0)} MB decoding only`,
  );
}

await main();
