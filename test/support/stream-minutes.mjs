/**
 * Streams as many minutes of speech as the argument says both ways, frame by frame as a call would,
 * and prints what the process holds at the end of each half minute, in MB, as JSON: `live` = what
 * JavaScript can still reach in this thread, `resident` = all pages, native ones and those of the
 * worker included. The encoder runs in a worker, the decoder in this thread. A program of its own
 * (node --expose-gc), so that nothing else is in its memory.
 */
import { readFileSync } from "node:fs";
import { Codec, folderFiles, modelFolder, openCodec } from "@twelvehz/codec/node";
import { openEngine, ortBackend } from "@twelvehz/codec/internal";
import * as ort from "onnxruntime-node";
import { readSafetensorsIndex, tensorData } from "../../packages/codec/dist/model/safetensors.js";

const MINUTES = Number(process.argv[2]);
const FRAMES = MINUTES * 750;
const FRAMES_PER_FIGURE = 375;
const FRAME = 1920;
const MEGABYTE = 2 ** 20;

const golden = readFileSync(new URL("../../packages/compact-model/golden.safetensors", import.meta.url));
const clip = Float32Array.from(tensorData(golden, readSafetensorsIndex(golden), "pcm"), (x) => x / 32768);

const encoding = await openCodec("compact");
const decoding = new Codec(await openEngine(folderFiles(modelFolder("compact")), ortBackend(ort, { name: "onnxruntime-node" })));
const encoder = encoding.openEncodeStream();
const decoder = decoding.openDecodeStream();
const live = [];
const resident = [];
let samples = 0;
let next = encoder.push(clip.subarray(0, FRAME));
for (let t = 1; t <= FRAMES; t++) {
  const codes = await next;
  const at = (t * FRAME) % clip.length;
  if (t < FRAMES) next = encoder.push(clip.subarray(at, at + FRAME)); // while the decoder works on the frame before
  samples += (await decoder.push(codes)).length;
  if (t % FRAMES_PER_FIGURE === 0) {
    for (let i = 0; i < 3; i++) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve)); // native memory is given back a little later
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    live.push((heapUsed + external) / MEGABYTE);
    resident.push(rss / MEGABYTE);
  }
}
samples += (await decoder.flush()).length;
await Promise.all([encoding.close(), decoding.close()]);
console.log(JSON.stringify({ samples, live, resident }));
