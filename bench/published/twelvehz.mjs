/**
 * Times twelvehz on a checkpoint, as pytorch.py does: node twelvehz.mjs CHECKPOINT_DIR THREADS
 * encode|decode SECONDS. JSON on stdout.
 */
import { Audio, Codes, openCodec } from "@twelvehz/codec/node";

const WARM_UP_SECONDS = 20; // longer clips are their own warm-up
const [folder, threads, task, length] = process.argv.slice(2);
const seconds = Number(length);
const codec = await openCodec(folder, { threads: Number(threads) });
const { layers, codebookSize } = codec.info;
const audio = new Audio(
  Float32Array.from({ length: seconds * 24000 }, (_, i) => Math.sin(i * i * 1e-6) * 0.3),
  24000,
);
const codes = new Codes(
  Int16Array.from({ length: Math.floor(seconds * 12.5) * layers }, (_, i) => (i * 7919) % codebookSize),
  layers,
  { codebookSize },
);
const work = () => (task === "encode" ? codec.encode(audio) : codec.decode(codes));

await codec.prepare({ encoder: task === "encode", decoder: task === "decode" }); // PyTorch's model is loaded before its clock starts, too
if (seconds <= WARM_UP_SECONDS) await work();
const began = performance.now();
await work();
const xRealTime = (seconds * 1000) / (performance.now() - began);

/** Milliseconds of the first frame of a fresh stream, and of a later one. */
async function streamMilliseconds() {
  const stream = codec.openDecodeStream();
  await stream.reset(); // opened
  const times = [];
  for (let t = 0; t < 6; t++) {
    const start = performance.now();
    await stream.push(codes.slice(t, t + 1));
    times.push(performance.now() - start);
  }
  await stream.close();
  return { firstFrameMs: times[0], frameMs: times.slice(1).sort((a, b) => a - b)[2] };
}

const stream = task === "decode" ? await streamMilliseconds() : {};
process.stdout.write(JSON.stringify({ xRealTime, peakMegabytes: process.resourceUsage().maxRSS / 1024, ...stream }));
await codec.close();
